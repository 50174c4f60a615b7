// The built-in demonstration shop.
import { examine } from './support/suite.mjs';
import { demonstrate } from './support/vestibule.mjs';

const WITHOUT_SCRIPTS = [
  'www.googletagmanager.com',
  'www.facebook.com',
  'px.ads.linkedin.com',
  'www.youtube.com',
  'fonts.googleapis.com',
  'fonts.gstatic.com',
];

examine({
  name: 'Demonstration shop',
  front: '/',
  // Not `currency`, which the catalog knows: shop platforms call a setting so that the visitor has made.
  unlisted: ['visitor_id'],
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
      'js.stripe.com',
    ],
    cookies: ['sessionid', 'FPID', 'visitor_id', 'currency', '_ga', '_ga_DEMO000000', '_fbp', '_gcl_au', '_clck', 'uv_id'],
  },
  unscripted: { hosts: WITHOUT_SCRIPTS, cookies: ['sessionid', 'FPID', 'visitor_id', 'currency'] },

  async open() {
    const { address, shop, stop } = await demonstrate();
    return { proxy: address, origin: shop, stop };
  },

  async buy({ page, open, picture, calm }) {
    await open('/product/storm-lantern');
    await picture?.(page, 'product');
    await page.click('.product button[value="add"]');
    await calm();
    const cart = (await page.locator('tr[data-product="storm-lantern"]').count()) === 1;
    await open('/login');
    await page.fill('input[name="name"]', 'Ada');
    await page.fill('input[name="password"]', 'lantern');
    await page.click('main form button');
    await calm();
    const login =
      (await page.textContent('#account')) === 'Hello, Ada' && (await page.textContent('#cart .badge')) === '1';
    await open('/checkout');
    await page.fill('input[name="address"]', '1 Long Street');
    await page.click('main form button');
    await calm();
    const checkout = await page.locator('#done').isVisible();
    return { cart, login, checkout };
  },
});
