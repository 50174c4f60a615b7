//! HTTP/1.0 clients do not know chunked bodies, but the framework sends them when a length is missing. For them the end
//! of the body is the end of the connection.

use async_trait::async_trait;
use http::Version;
use http::header::TRANSFER_ENCODING;
use pingora::Result;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::{HttpModule, HttpModuleBuilder, Module};

/// Takes chunked framing off answers to HTTP/1.0 requests. Runs last on the way down.
#[derive(Debug, Default)]
pub(super) struct Http10Framing {
    old: bool,
}

#[async_trait]
impl HttpModule for Http10Framing {
    async fn request_header_filter(&mut self, request: &mut RequestHeader) -> Result<()> {
        self.old = request.version < Version::HTTP_11;
        Ok(())
    }

    async fn response_header_filter(&mut self, response: &mut ResponseHeader, _end: bool) -> Result<()> {
        if self.old {
            response.remove_header(&TRANSFER_ENCODING);
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }
}

/// Makes one [`Http10Framing`] per request.
#[derive(Debug)]
pub(super) struct Builder;

impl HttpModuleBuilder for Builder {
    fn order(&self) -> i16 {
        i16::MIN
    }

    fn init(&self) -> Module {
        Box::new(Http10Framing::default())
    }
}
