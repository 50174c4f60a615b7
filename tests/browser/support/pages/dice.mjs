// Numbers that a seed decides.
export function dice(seed, run) {
  let state = (BigInt(seed) * 0x100000001n + BigInt(run) * 0x2545f4914f6cdd1dn) & 0xffffffffffffffffn;
  const next = () => {
    // SplitMix64.
    state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
    let mixed = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
    return Number((mixed ^ (mixed >> 31n)) >> 11n);
  };
  const below = (end) => next() % end;
  return { below, one: (list) => list[below(list.length)] };
}
