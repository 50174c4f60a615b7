// Odd `Set-Cookie` fields, each decided by a seed and a moment: names, values, attributes and dates in every shape that a
// shop may send, and some that none should. A character is a byte.

// SplitMix32.
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const below = (end) => next() % end;
  const one = (list) => list[below(list.length)];
  return { below, one, chance: (percent) => below(100) < percent };
}

const utf8 = (text) => Buffer.from(text, 'utf8').toString('latin1');
const anyCase = (roll, word) =>
  roll.one([word, word, word, word.toLowerCase(), word.toUpperCase(), [...word].map((c, at) => (at % 2 ? c.toUpperCase() : c.toLowerCase())).join('')]);
const x = (length) => 'x'.repeat(length);

function name(roll) {
  const plain = () => roll.one(['sid', '_ga', 'a', 'cart_id', 'PHPSESSID', '.AspNetCore.Session', 'x-y~z', 'n1']);
  switch (roll.below(14)) {
    case 0: return roll.one([' ', '\t', '  ']) + plain() + roll.one(['', ' ', '\t']);
    case 1: return roll.one(['__Host-', '__Secure-', '__host-', '__SECURE-', '__Http-', '__Host-Http-', '__HTTP-', '__Host-http-', '__Hos-', '__Secure']) + plain();
    case 2: return roll.one(['a b', '"q"', 'a,b', 'a"b', utf8('né'), utf8('☕'), 'a\tb', '[]', '{}', '$Version', 'Path', 'Max-Age', 'expires']);
    case 3: return '';
    case 4: return roll.chance(20) ? 'a' + String.fromCharCode(roll.one([1, 7, 8, 11, 12, 14, 31, 127])) + 'b' : plain();
    default: return plain();
  }
}

function value(roll) {
  switch (roll.below(16)) {
    case 0: return '';
    case 1: return roll.one(['"a b"', '"a;b"', 'a, b', '{"k":"v"}', '%3B', 'a=b=c', '=', '==', "'", utf8('ü€'), 'é', '\xff']);
    case 2: return roll.one([' v', 'v ', '\tv\t', ' ', 'a b', 'a\tb']);
    case 3: return roll.chance(10) ? 'a' + String.fromCharCode(roll.one([1, 8, 11, 31, 127])) : 'v';
    case 4: return roll.one(['__Host-v', '__Secure-v', '__host-x=1', '__Http-y', '__Host-Http-y']);
    default: return roll.one(['1', 'v', 'GA1.2.3.4', 'deleted', '0', 'abcdef0123456789']);
  }
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const WHOLE_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WHOLE_MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

// A date around `now`, or one whose numbers mean nothing.
function date(roll, now) {
  const two = (number) => String(number).padStart(2, '0');
  let day, month, year, hour, minute, second, weekday;
  if (roll.chance(70)) {
    const away = roll.one([-20_000, -400, -3, -1, 1, 3, 30, 200, 399, 401, 800, 20_000]) * 86_400 + roll.one([-1, 1]) * roll.below(40_000) + 7;
    const at = new Date((now + away) * 1000);
    [day, month, year] = [at.getUTCDate(), at.getUTCMonth(), at.getUTCFullYear()];
    [hour, minute, second, weekday] = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds(), at.getUTCDay()];
  } else {
    [day, month] = [roll.one([0, 1, 9, 28, 29, 30, 31, 32, 99]), roll.below(12)];
    year = roll.one([0, 1, 50, 69, 70, 71, 99, 100, 999, 1582, 1600, 1601, 1602, 1900, 1969, 1970, 1999, 2000, 2100, 2400, 3000, 9999, 10000, 65535, 99999, 100000]);
    [hour, minute, second, weekday] = [roll.one([0, 1, 23, 24, 25, 99]), roll.one([0, 59, 60, 99]), roll.one([0, 59, 60, 61, 99]), roll.below(7)];
  }
  const short = year >= 1970 && year < 2070 ? two(year % 100) : String(year);
  const time = roll.one([
    `${two(hour)}:${two(minute)}:${two(second)}`, `${two(hour)}:${two(minute)}:${two(second)}`, `${two(hour)}:${two(minute)}:${two(second)}`,
    `${hour}:${minute}:${second}`, `${two(hour)}:${two(minute)}`, `0${two(hour)}:${two(minute)}:${two(second)}`, `${two(hour)}:${two(minute)}:${two(second)}.123`,
    `${two(hour)}:${two(minute)}:${two(second)}Z`, `${two(hour)}:${two(minute)}:0${two(second)}`, `${two(hour)}:0${two(minute)}:${two(second)}`, `${two(hour)}.${two(minute)}.${two(second)}`, '', `${two(hour)}:${two(minute)}:${two(second)}:00`, `00000000000${two(hour)}:${two(minute)}:${two(second)}`, `:${two(hour)}:${two(minute)}:${two(second)}`, `${two(hour)}::${two(second)}`,
  ]);
  const mon = roll.one([MONTHS[month], MONTHS[month], MONTHS[month].toLowerCase(), MONTHS[month].toUpperCase(), WHOLE_MONTHS[month], MONTHS[month].slice(0, 2), `${MONTHS[month]}x`, String(month + 1)]);
  const zone = roll.one(['GMT', 'GMT', 'GMT', 'UTC', '+0000', '-0500', '+02:00', 'EST', '', 'Z', 'GMT+0200']);
  const d = roll.one([two(day), two(day), String(day), `0${two(day)}`, `${day}th`, `${day}x`]);
  const shape = roll.below(12);
  const text = [
    () => `${DAYS[weekday]}, ${two(day)} ${MONTHS[month]} ${year} ${time} ${zone}`,
    () => `${DAYS[weekday]}, ${two(day)} ${MONTHS[month]} ${year} ${time} ${zone}`,
    () => `${DAYS[weekday]}, ${d} ${mon} ${year} ${time} ${zone}`,
    () => `${DAYS[weekday]}, ${d}-${mon}-${year} ${time} ${zone}`,
    () => `${WHOLE_DAYS[weekday]}, ${d}-${mon}-${short} ${time} ${zone}`,
    () => `${DAYS[weekday]} ${mon} ${d} ${time} ${year}`,
    () => `${DAYS[weekday]} ${mon} ${d} ${year} ${time} ${zone}`,
    () => `${d} ${mon} ${year} ${time}`,
    () => `${year} ${mon} ${d} ${time}`,
    () => `${time} ${mon} ${d} ${year}`,
    () => `${year}-${two(month + 1)}-${two(day)}T${time}Z`,
    () => `"${DAYS[weekday]}, ${d} ${mon} ${short} ${time} ${zone}"`,
  ][shape]();
  return roll.chance(6) ? roll.one([text.replaceAll(' ', ','), text.replaceAll(' ', '/'), text.replaceAll(' ', '\t'), `${text} ${text}`, text.slice(0, roll.below(text.length)), utf8(`é ${text}`)]) : text;
}

function attribute(roll, now) {
  const eq = roll.one(['=', '=', '=', '=', ' = ', '= ', ' =', '==']);
  const flag = (word) => anyCase(roll, word) + (roll.chance(10) ? roll.one(['=', '=1', '=false', ' = x']) : '');
  switch (roll.below(16)) {
    case 0: case 1: case 2:
      return anyCase(roll, 'Max-Age') + eq + roll.one(['60', '3600', '86400', '63072000', '34560000', '34560001', '0', '-1', '-0', '00', '000060', '+60', '1.5', '60s', '6 0', '', '"60"', 'x', '99999999999', '9223372036854775807', '9223372036854775808', '-9223372036854775809', '99999999999999999999x', '-99999999999999999999', '1e3', '0x10', utf8('６'), '-', '+', '--1', '+-1', '2147483648', x(1024), '0'.repeat(1022) + '60', '0'.repeat(1023) + '60']);
    case 3: case 4: case 5: case 6:
      return anyCase(roll, 'Expires') + eq + roll.one([() => date(roll, now), () => date(roll, now), () => date(roll, now), () => date(roll, now), () => roll.one(['0', '-1', '', 'Session', 'never', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Thu, 01-Jan-1970 00:00:01 GMT', 'Mon, 01 Jan 1601 00:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT', 'Thu, 01-Jan-70 00:00:00 GMT', x(1025)])])();
    case 7: case 8:
      return anyCase(roll, 'Path') + eq + roll.one(['/', '/', '/', '/a', '/a/', '/a/b', '/zzz', '', 'a', '"/"', '/ ', '/' + x(1022), '/' + x(1023), '/' + x(1024)]);
    case 9:
      return anyCase(roll, 'Domain') + eq + roll.one(['shop.co.uk', '.shop.co.uk', 'www.shop.co.uk', '.www.shop.co.uk', 'WWW.SHOP.CO.UK', 'SHOP.co.uk', 'shop.co.uk', 'www.shop.co.uk', '', 'co.uk', '.co.uk', 'uk', 'other.co.uk', 'a.www.shop.co.uk', 'hop.co.uk', '127.0.0.1']);
    case 10: return flag('Secure');
    case 11: return flag('HttpOnly');
    case 12: return anyCase(roll, 'SameSite') + eq + anyCase(roll, roll.one(['Lax', 'Strict', 'None', 'None', '', 'x', 'None ', 'Lax,None']));
    case 13: return flag('Partitioned');
    case 14: return roll.one(['Priority=High', 'priority=low', 'Version=1', 'Comment="a, b"', 'foo', '=', '=x', '', ' ', 'Max-Age', 'expires', 'path', 'Max Age=60', 'Max-Age:60', 'Max\tAge=60', 'Max-Age=6\t0', 'f\x01oo', 'a\x7fb=c', `c=${x(2000)}`, 'SameParty']);
    default: return roll.chance(10) ? `c=a${String.fromCharCode(roll.one([1, 8, 11, 31, 127]))}` : 'HttpOnly';
  }
}

// One field, and how far the clock of whoever sends it is off, in seconds.
export function shape(seed, at, now) {
  const roll = dice(seed * 1_000_003 + at);
  let own = name(roll);
  let pair = roll.chance(6) ? value(roll) : own + roll.one(['=', '=', '=', '=', '=', '=', ' = ', '= ']) + value(roll);
  if (roll.chance(3)) {
    own = 'n';
    pair = `n=${x(roll.one([4094, 4095, 4096, 5000]))}`;
  } else if (roll.chance(1)) {
    pair = `${x(roll.one([4094, 4095, 4096]))}=y`;
  }
  const parts = [pair];
  const count = roll.one([0, 1, 1, 2, 2, 3, 3, 4, 5, 8]);
  for (let at = 0; at < count; at += 1) parts.push(attribute(roll, now));
  if (/^\s*__/.test(own) && roll.chance(70)) parts.push(...roll.one([['Secure'], ['Secure', 'Path=/'], ['Secure', 'HttpOnly'], ['Secure', 'HttpOnly', 'Path=/']]));
  if (parts.some((part) => /^(partitioned|samesite\s*=\s*none)/i.test(part)) && roll.chance(70)) parts.push('Secure');
  const between = roll.one(['; ', '; ', '; ', ';', ' ; ', ';\t', ';;']);
  let field = parts.join(between) + roll.one(['', '', '', '', ';', '; ', ' ']);
  if (roll.chance(1)) field = roll.one(['', ' ', '=', ';', '=;', ';a=b', '; Max-Age=60', '=; Max-Age=0', 'a', '=a']);
  const skew = roll.chance(8) ? roll.one([-86_400 * 30, -7200, 7200, 86_400 * 30, -1_700_000_000]) : 0;
  return { field, skew };
}
