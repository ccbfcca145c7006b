// Puts the page together: once at the start, and again when its address changes.
const DATA = JSON.parse(document.getElementById('data').textContent);
const LANGUAGE = pickLanguage(Array.from(navigator.languages || [navigator.language]), DATA.locale);
const TEXT = textsOf(LANGUAGE.key);
let cards = [];

function start() {
  cards.forEach((card) => card.clear());
  const asked = readHash(location.hash);
  cards = asked.url || asked.malformed || !DATA.pictures.length ? [cardFor(asked)] : DATA.pictures.map(namedCard);
  const place = document.getElementById('cards');
  place.textContent = '';
  cards.forEach((card) => place.appendChild(card.root));
}

function cardFor(asked) {
  const url = asked.url ? ownAddress(asked.url) : null;
  const card = new Card(TEXT, url, Number(asked.until));
  if (!asked.url && !asked.malformed) card.fail(TEXT.none, TEXT.scan);
  else if (!url && asked.malformed) card.fail(TEXT.foreign, TEXT.scan);
  else if (!url) card.fail(TEXT.foreign, TEXT.foreignHint + ' ' + TEXT.scan);
  else card.wait();
  return card;
}

// A picture that was named when the page was made, so that its host needs no check.
function namedCard(picture) {
  const card = new Card(TEXT, new URL(picture.url, location.href).href, 0, picture.type);
  card.wait();
  return card;
}

function dateOf(seconds) {
  const shape = { year: 'numeric', month: 'long', day: 'numeric' };
  try {
    return new Date(seconds * 1000).toLocaleDateString(LANGUAGE.tag, shape);
  } catch (unknownLanguage) {
    return new Date(seconds * 1000).toLocaleDateString();
  }
}

tellLanguage(LANGUAGE.key);
if (!DATA.title) {
  document.title = TEXT.title;
  document.getElementById('title').textContent = TEXT.title;
}
window.addEventListener('hashchange', start);
window.addEventListener('online', () => cards.forEach((card) => card.wake()));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) cards.forEach((card) => card.wake());
});
start();
