// Reports what goes into the cart. As in many shops, it takes for granted that the tags above have loaded.
for (const form of document.querySelectorAll('form[data-add]')) {
  form.addEventListener('submit', () => {
    const product = form.elements.product.value;
    gtag('event', 'add_to_cart', { items: [{ item_id: product }] });
    fbq('track', 'AddToCart', { content_ids: [product] });
  });
}
