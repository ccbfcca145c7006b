// What the page's address asks for: `#/?url=<encoded>&until=<unix time>`, with or without the slash.
// Every value is decoded exactly once, and a plus sign is a plus sign.
function readHash(hash) {
  const asked = {};
  hash.replace(/^#?\/?\??/, '').split('&').forEach((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) return;
    try {
      asked[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1));
    } catch (malformed) {
      asked.malformed = true;
    }
  });
  return asked;
}

// The picture's address, or null for one that this page must not show: of another host, or no web
// address at all. Relative addresses are relative to the page.
function ownAddress(address) {
  let url;
  try {
    url = new URL(address, location.href);
  } catch (malformed) {
    return null;
  }
  if (url.host !== location.host || !/^https?:$/.test(url.protocol) || url.username) return null;
  // A page that came encrypted cannot load a picture that does not; the host is the same anyway.
  if (location.protocol === 'https:') url.protocol = 'https:';
  return url.href;
}

const TYPES = {
  jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', gif: 'image/gif', webp: 'image/webp',
  avif: 'image/avif', heic: 'image/heic', heif: 'image/heif', mp4: 'video/mp4', mov: 'video/quicktime',
  webm: 'video/webm', dng: '', cr2: '', cr3: '', nef: '', arw: '',
};

function endingOf(name) {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return TYPES[ending] === undefined ? '' : ending;
}

// The file's real name, or one made up from its type where the address has none (`api.php?id=…`).
function fileName(url, type) {
  let name = new URL(url).pathname.split('/').pop();
  try {
    name = decodeURIComponent(name);
  } catch (malformed) {
    // Then it stays as it is.
  }
  if (endingOf(name)) return name;
  return 'picture.' + (Object.keys(TYPES).find((ending) => TYPES[ending] === type) || 'jpg');
}

// The type that the server names, unless it does not know the file either.
function typeOf(served, name) {
  return /^(image|video)\//.test(served) ? served : TYPES[endingOf(name)] || '';
}
