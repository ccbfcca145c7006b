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
  if (url.host !== location.host || !/^https?:$/.test(url.protocol)) return null;
  // A page that came encrypted cannot load a picture that does not; the host is the same anyway.
  if (location.protocol === 'https:') url.protocol = 'https:';
  return url.href;
}

const ENDINGS = {
  'image/jpeg': 'jpg', 'image/png': 'png', 'image/gif': 'gif', 'image/webp': 'webp', 'image/avif': 'avif',
  'image/heic': 'heic', 'video/mp4': 'mp4', 'video/quicktime': 'mov', 'video/webm': 'webm',
};

// The file's real name, or one made up from its type where the address has none (`api.php?id=…`).
function fileName(url, type) {
  const last = new URL(url).pathname.split('/').pop();
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch (malformed) {
    // Then it stays as it is.
  }
  if (/\.(jpe?g|png|gif|webp|avif|heic|heif|mp4|mov|webm|dng|cr2|cr3|nef|arw)$/i.test(name)) return name;
  return 'picture.' + (ENDINGS[type] || 'jpg');
}

// 'image', 'video' or 'other', by the server's word or else by the name.
function kindOf(type, name) {
  if (/^(image|video)\//.test(type)) return type.split('/')[0];
  if (/\.(mp4|mov|webm)$/i.test(name)) return 'video';
  if (/\.(jpe?g|png|gif|webp|avif|heic|heif)$/i.test(name)) return 'image';
  return 'other';
}
