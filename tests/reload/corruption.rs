//! A good file, damaged at random: what is in effect stays in effect, unless the damaged file is a configuration itself.

use crate::watched::{NO_POLL, Watched};
use crate::{report, rounds};

/// A fixed seed, so that a run can be repeated.
const SEED: u64 = 0x5eed_0027;

/// `splitmix64`: enough to choose where to damage.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

fn damage(good: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bad = good.to_vec();
    match dice.below(3) {
        0 => bad.truncate(dice.below(good.len())),
        1 => bad[dice.below(good.len())] ^= 1 << dice.below(8),
        _ => {
            for _ in 0..=dice.below(8) {
                bad[dice.below(good.len())] ^= 1 << dice.below(8);
            }
        }
    }
    bad
}

#[tokio::test]
async fn damage_never_changes_what_is_in_effect() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vestibule.toml");
    // Everything that the example shows, without listeners on all addresses and files that are not there.
    let good = include_str!("../../config/example.toml")
        .replace("[[listen.https]]", "#")
        .lines()
        .filter(|line| {
            !["address = \"0", "certificate =", "key = ", "current =", "previous =", "token_file ="]
                .iter()
                .any(|start| line.trim_start().starts_with(start))
        })
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(&file, &good).unwrap();
    let watched = Watched::start(&file, &place.path().join("state"), NO_POLL).await;
    let mut dice = Dice(SEED);
    let (mut refused, mut equal, mut applied) = (0, 0, 0);
    let total = rounds("VESTIBULE_CORRUPTIONS", 150);
    for round in 0..total {
        let before = watched.snapshot();
        let bad = damage(good.as_bytes(), &mut dice);
        std::fs::write(&file, &bad).unwrap();
        let answer = watched.reload().await;
        let after = watched.snapshot();
        // An opinion of its own, from the same bytes.
        let valid = vestibule::config::load(&file);
        if answer.status == 200 {
            assert!(valid.is_ok(), "round {round}: a wrong file took effect");
            assert_eq!(after.generation(), before.generation() + 1);
            if after.revision() == before.revision() {
                equal += 1;
            } else {
                applied += 1;
            }
            std::fs::write(&file, &good).unwrap();
            assert_eq!(watched.reload().await.status, 200);
            assert_eq!(watched.snapshot().revision(), before.revision());
        } else {
            assert_eq!(answer.status, 422, "round {round}: {}", answer.body);
            let needs_restart = answer.body.contains("cannot change while running");
            assert!(valid.is_err() || needs_restart, "round {round}: a right file was refused: {}", answer.body);
            assert!(std::sync::Arc::ptr_eq(&before, &after), "round {round}: something else is in effect");
            refused += 1;
        }
    }
    report(&format!(
        "seed {SEED:#x}: {total} damaged files, {refused} refused with nothing changed, {equal} valid and equal in meaning, \
         {applied} valid with another meaning and applied as written"
    ));
    assert!(refused > total / 3 && refused < total);
}
