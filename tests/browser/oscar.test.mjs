// A real shop, django-oscar, behind nginx.
import { PASSWORD, startOscar } from './support/oscar.mjs';
import { examine } from './support/suite.mjs';
import { protect } from './support/vestibule.mjs';

const WITHOUT_SCRIPTS = [
  'www.googletagmanager.com',
  'www.facebook.com',
  'px.ads.linkedin.com',
  'www.youtube.com',
  'fonts.googleapis.com',
  'fonts.gstatic.com',
];

// Everyone buys under another name, so that no visit finds the address book of an earlier one.
let customer = 0;

examine({
  name: 'django-oscar',
  front: '/catalogue/',
  unlisted: ['visitor_id', 'oscar_history'],
  scripted: {
    hosts: [
      ...WITHOUT_SCRIPTS,
      'www.google-analytics.com',
      'region1.google-analytics.com',
      'www.clarity.ms',
      'x.clarity.ms',
      'connect.facebook.net',
      'www.googleadservices.com',
      'widgets.unknown-vendor.example',
      'frames.unknown-vendor.example',
      'live.unknown-vendor.example',
      'ajax.googleapis.com',
      'js.stripe.com',
    ],
    cookies: ['sessionid', 'FPID', 'visitor_id', '_ga', '_ga_DEMO000000', '_fbp', '_gcl_au', '_clck', 'uv_id'],
  },
  unscripted: { hosts: WITHOUT_SCRIPTS, cookies: ['sessionid', 'FPID', 'visitor_id'] },

  async open() {
    const origin = await startOscar();
    const proxy = await protect(origin.address).catch(async (error) => {
      await origin.stop();
      throw error;
    });
    const stop = async () => {
      await proxy.stop();
      await origin.stop();
    };
    return { proxy: proxy.address, origin: origin.address, received: origin.received, stop };
  },

  async buy({ page, open, picture, calm }) {
    customer += 1;
    await open('/catalogue/the-quiet-harbour_1/');
    await picture?.(page, 'product');
    await page.click('#add_to_basket_form [type="submit"]');
    await calm();
    await open('/basket/');
    const cart = (await page.locator('.basket-items').getByText('The Quiet Harbour').count()) > 0;
    await open('/accounts/login/');
    await page.fill('#id_login-username', `reader${customer}@shop.example`);
    await page.fill('#id_login-password', PASSWORD);
    await page.click('button[name="login_submit"]');
    await calm();
    const login = (await page.locator('a[href$="/accounts/logout/"], #logout_link').count()) > 0;
    await open('/checkout/shipping-address/');
    for (const [field, value] of Object.entries({
      first_name: 'Ada',
      last_name: 'Reader',
      line1: '1 Long Street',
      line4: 'Lyon',
      postcode: '69001',
    })) {
      await page.fill(`#id_${field}`, value);
    }
    await page.click('#new_shipping_address [type="submit"]');
    await calm();
    await page.click('#view_preview');
    await calm();
    await page.click('#place-order');
    await calm();
    const checkout = page.url().includes('/checkout/thank-you/');
    return { cart, login, checkout };
  },
});
