// Tags that mean the same as another one, or come closest to it.
const ALIASES = {
  nb: 'no', nn: 'no', iw: 'he', mo: 'ro',
  pt: 'pt-br', 'pt-ao': 'pt-pt', 'pt-mz': 'pt-pt', 'pt-cv': 'pt-pt',
  zh: 'zh-cn', 'zh-hant': 'zh-tw', 'zh-hk': 'zh-tw', 'zh-mo': 'zh-tw',
};
const RIGHT_TO_LEFT = ['ar', 'he'];

// The page's own tag for a visitor's: as it is, or without its region and script (`de-AT` is served by
// `de`), or one of the same language from elsewhere. Undefined if the page does not speak it.
function spoken(tag) {
  for (let rest = tag; rest; rest = rest.slice(0, Math.max(0, rest.lastIndexOf('-')))) {
    const known = ALIASES[rest] || rest;
    if (TEXTS[known]) return known;
  }
  return undefined;
}

// The first of the visitor's languages that the page speaks, else the booth's, else English. Gives the
// page's tag and the visitor's own, which decides how dates are written.
function pickLanguage(wanted, fallback) {
  for (const tag of wanted.concat(fallback)) {
    const key = spoken(String(tag || '').toLowerCase().replace(/_/g, '-'));
    if (key) return { key, tag: String(tag) };
  }
  return { key: 'en', tag: 'en' };
}

// What the page says in one language, by name.
function textsOf(key) {
  const texts = {};
  TEXT_NAMES.forEach((name, at) => { texts[name] = TEXTS[key][at]; });
  return texts;
}

function tellLanguage(key) {
  document.documentElement.lang = key;
  document.documentElement.dir = RIGHT_TO_LEFT.indexOf(key) < 0 ? 'ltr' : 'rtl';
}
