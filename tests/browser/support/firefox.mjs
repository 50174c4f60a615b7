// Firefox, driven by WebDriver BiDi. Every foreign connection goes to the recorder, as to a proxy.
import { firefox } from 'playwright-core';

const PROGRAM = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

// Hosts that Firefox itself talks to, whatever the page says.
export const FIREFOXS_OWN = /(^|\.)(mozilla\.(com|net|org)|mozaws\.net|firefox\.com|firefoxusercontent\.com)$/;

// Scripts can be switched off for the whole browser only.
export function launch(recorder, javaScript = true) {
  return firefox.launch({
    channel: 'moz-firefox',
    executablePath: PROGRAM,
    headless: true,
    timeout: 120_000,
    firefoxUserPrefs: {
      'network.proxy.type': 1,
      'network.proxy.http': '127.0.0.1',
      'network.proxy.http_port': recorder.port,
      'network.proxy.ssl': '127.0.0.1',
      'network.proxy.ssl_port': recorder.port,
      'network.proxy.no_proxies_on': '127.0.0.1, localhost',
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'javascript.enabled': javaScript,
      'dom.security.https_first': false,
      'media.autoplay.default': 0,
      'security.mixed_content.upgrade_display_content': false,
    },
  });
}
