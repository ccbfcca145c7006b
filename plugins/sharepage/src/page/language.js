// The first of the visitor's languages that the page speaks: as it is, without its region, or spoken
// elsewhere (`de-AT` is served by `de`, `pt` by `pt-br`). Gives the entry's key and the visitor's own tag,
// which decides how dates are written.
function pickLanguage(wanted, fallback) {
  const known = Object.keys(TEXTS);
  for (const tag of wanted.concat(fallback)) {
    const exact = String(tag || '').toLowerCase();
    const base = exact.split('-')[0];
    const found = known.find((key) => key === exact)
      || known.find((key) => key === base)
      || known.find((key) => key.split('-')[0] === base);
    if (found) return { key: found, tag: String(tag) };
  }
  return { key: 'en', tag: 'en' };
}
