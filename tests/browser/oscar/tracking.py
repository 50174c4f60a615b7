"""A server-side measurement set-up, as an agency might have added it: it asks nobody."""

import secrets
import time

TWO_YEARS = 2 * 365 * 24 * 60 * 60


class ServerSideTracking:
    """Plants an analytics id that no script can read, and a visitor id that no list knows."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if "FPID" not in request.COOKIES:
            value = f"FPID2.1.{secrets.token_hex(12)}.{int(time.time())}"
            response.set_cookie("FPID", value, max_age=TWO_YEARS, httponly=True, samesite="Lax")
        if "visitor_id" not in request.COOKIES:
            response.set_cookie("visitor_id", secrets.token_hex(12), max_age=TWO_YEARS, samesite="Lax")
        return response
