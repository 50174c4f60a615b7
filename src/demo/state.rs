//! What the shop remembers: who is logged in and what lies in which cart. In memory, and never more than a fixed amount.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::catalogue::Product;

/// Sessions and carts kept; beyond this, the oldest goes.
const KEPT: usize = 10_000;
/// Pieces of one article in one cart.
const PIECES: u32 = 99;

/// A map that forgets its oldest entry rather than grow beyond [`KEPT`].
#[derive(Debug)]
struct Bounded<V> {
    entries: HashMap<String, (u64, V)>,
    by_age: BTreeMap<u64, String>,
    next: u64,
}

impl<V> Default for Bounded<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), by_age: BTreeMap::new(), next: 0 }
    }
}

impl<V> Bounded<V> {
    fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    fn insert(&mut self, key: String, value: V) {
        self.remove(&key);
        if self.entries.len() >= KEPT
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.by_age.insert(self.next, key.clone());
        self.entries.insert(key, (self.next, value));
        self.next += 1;
    }

    fn remove(&mut self, key: &str) {
        if let Some((age, _)) = self.entries.remove(key) {
            self.by_age.remove(&age);
        }
    }
}

/// Articles and how many of each, in the order they were added.
#[derive(Clone, Debug, Default)]
pub(super) struct Cart(Vec<(&'static Product, u32)>);

impl Cart {
    /// The lines of the cart.
    pub(super) fn lines(&self) -> &[(&'static Product, u32)] {
        &self.0
    }

    /// How many pieces there are.
    pub(super) fn pieces(&self) -> u32 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// What it costs, in cents.
    pub(super) fn total(&self) -> u32 {
        self.0.iter().map(|(product, count)| product.cents * count).sum()
    }

    fn add(&mut self, product: &'static Product) {
        match self.0.iter_mut().find(|(known, _)| *known == product) {
            Some((_, count)) => *count = PIECES.min(*count + 1),
            None => self.0.push((product, 1)),
        }
    }

    fn remove(&mut self, product: &'static Product) {
        self.0.retain(|(known, _)| *known != product);
    }
}

/// The shop's memory.
#[derive(Debug, Default)]
pub(super) struct Shop {
    names: Mutex<Bounded<String>>,
    carts: Mutex<Bounded<Cart>>,
}

impl Shop {
    /// The name given at login by the holder of `session`.
    pub(super) fn name(&self, session: &str) -> Option<String> {
        lock(&self.names).get(session).cloned()
    }

    /// Remembers a login.
    pub(super) fn log_in(&self, session: String, name: String) {
        lock(&self.names).insert(session, name);
    }

    /// Forgets a login.
    pub(super) fn log_out(&self, session: &str) {
        lock(&self.names).remove(session);
    }

    /// The cart called `id`, if the shop opened one by that name.
    pub(super) fn cart(&self, id: &str) -> Option<Cart> {
        lock(&self.carts).get(id).cloned()
    }

    /// Opens an empty cart.
    pub(super) fn open_cart(&self, id: String) {
        lock(&self.carts).insert(id, Cart::default());
    }

    /// Puts one more piece of `product` into a cart that exists.
    pub(super) fn add(&self, id: &str, product: &'static Product) {
        if let Some(cart) = lock(&self.carts).get_mut(id) {
            cart.add(product);
        }
    }

    /// Takes every piece of `product` out.
    pub(super) fn remove(&self, id: &str, product: &'static Product) {
        if let Some(cart) = lock(&self.carts).get_mut(id) {
            cart.remove(product);
        }
    }

    /// Throws the cart away.
    pub(super) fn close_cart(&self, id: &str) {
        lock(&self.carts).remove(id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::PRODUCTS;
    use super::{Bounded, Cart, KEPT, PIECES};

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut map = Bounded::default();
        for key in 0..=KEPT {
            map.insert(key.to_string(), key);
        }
        assert_eq!(map.entries.len(), KEPT);
        assert_eq!(map.by_age.len(), KEPT);
        assert!(map.get("0").is_none() && map.get("1").is_some());
    }

    #[test]
    fn coming_and_going_leaves_nothing_behind() {
        let mut map = Bounded::default();
        for _ in 0..10 {
            map.insert("same".to_owned(), ());
            map.insert("same".to_owned(), ());
            map.remove("same");
        }
        assert!(map.entries.is_empty() && map.by_age.is_empty());
    }

    #[test]
    fn a_full_cart_can_be_paid() {
        let mut cart = Cart::default();
        for product in &PRODUCTS {
            for _ in 0..2 * PIECES {
                cart.add(product);
            }
        }
        assert_eq!(cart.pieces(), 6 * PIECES);
        assert_eq!(cart.total(), PRODUCTS.iter().map(|product| product.cents * PIECES).sum::<u32>());
        for product in &PRODUCTS {
            cart.remove(product);
        }
        assert!(cart.lines().is_empty());
    }
}
