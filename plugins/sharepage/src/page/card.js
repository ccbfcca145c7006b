// One picture on the page: waits for it, shows it, offers to keep it.

// Seconds between looks; the last one repeats.
const PAUSES = [1, 1, 1, 2, 2, 3, 4, 5, 7, 10];
const SLOW_AFTER = 30;
const GIVE_UP_AFTER = 180;
// Files up to this size are fetched so that the phone can share the file itself, not only its address.
const LARGEST_SHARED = 30e6;

function element(name, className, words) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (words) made.textContent = words;
  return made;
}

class Card {
  constructor(text, url, declaredType) {
    this.text = text;
    this.url = url;
    this.declaredType = declaredType || '';
    this.round = 0;
    this.brokenLoads = 0;
    this.root = element('section', 'card');
    this.stage = element('div');
    this.status = element('div', 'message');
    this.status.setAttribute('role', 'status');
    this.actions = element('div', 'actions');
    this.note = element('p', 'note');
    this.note.setAttribute('role', 'status');
    [this.stage, this.status, this.actions, this.note].forEach((part) => this.root.appendChild(part));
  }

  // --- what is said

  say(headline, hint, busy) {
    this.status.hidden = false;
    this.status.classList.toggle('busy', Boolean(busy));
    this.status.textContent = '';
    this.headline = element('h2', '', headline);
    this.headline.tabIndex = -1;
    this.status.appendChild(this.headline);
    if (hint) this.status.appendChild(element('p', '', hint));
  }

  fail(headline, hint) {
    this.round += 1;
    this.stage.textContent = '';
    this.actions.textContent = '';
    this.say(headline, hint);
  }

  // --- waiting

  wait() {
    this.round += 1;
    this.brokenLoads = 0;
    this.waited = 0;
    this.looks = 0;
    this.stage.textContent = '';
    this.actions.textContent = '';
    this.note.textContent = '';
    this.say(this.text.waiting, this.text.waitingHint, true);
    this.look(this.round);
  }

  async look(round) {
    const found = await this.check();
    if (round !== this.round) return;
    if (found === 'gone') {
      this.fail(this.text.expired, this.text.expiredHint);
    } else if (found) {
      this.load(found, round);
    } else {
      this.lookLater(round);
    }
  }

  // What is known about the file, 'gone', or null as long as it is not there.
  async check() {
    if (new URL(this.url).origin !== location.origin) return { type: this.declaredType, size: Infinity };
    try {
      const answer = await fetch(this.url, { method: 'HEAD', cache: 'no-store' });
      // Some servers do not answer HEAD: loading the picture will show.
      if (answer.status === 405 || answer.status === 501) return { type: this.declaredType, size: Infinity };
      if (answer.status === 410) return 'gone';
      const type = (answer.headers.get('Content-Type') || '').split(';')[0].trim().toLowerCase();
      // Some send a page instead of "not found".
      if (!answer.ok || type === 'text/html') return null;
      return { type, size: Number(answer.headers.get('Content-Length')) || Infinity };
    } catch (unreachable) {
      return null;
    }
  }

  lookLater(round) {
    const pause = PAUSES[Math.min(this.looks, PAUSES.length - 1)];
    this.looks += 1;
    this.waited += pause;
    if (this.waited > GIVE_UP_AFTER) {
      this.giveUp();
      return;
    }
    if (this.waited > SLOW_AFTER) this.say(this.text.waiting, this.text.slow, true);
    setTimeout(() => {
      if (round !== this.round) return;
      // A page in the background stops asking until it is looked at again.
      if (document.hidden) this.asleep = true;
      else this.look(round);
    }, pause * 1000);
  }

  wake() {
    if (this.asleep) {
      this.asleep = false;
      this.look(this.round);
    } else if (this.gaveUp) {
      this.restart();
    }
  }

  giveUp() {
    this.fail(this.text.missing, this.text.missingHint);
    this.gaveUp = true;
    this.button(this.text.retry, '', () => {
      this.restart();
      this.headline.focus();
    });
  }

  restart() {
    this.gaveUp = false;
    this.wait();
  }

  // --- showing

  load(found, round) {
    const name = fileName(this.url, found.type);
    const kind = kindOf(found.type, name);
    const shown = () => round === this.round && this.shown(found, name);
    if (kind === 'image') this.loadImage(found, name, round, shown);
    else if (kind === 'video') this.loadVideo(name, round, shown);
    else this.unshowable(name);
  }

  loadImage(found, name, round, shown) {
    const image = element('img');
    image.alt = this.text.alt;
    image.onload = () => {
      if (round !== this.round) return;
      this.stage.textContent = '';
      this.stage.appendChild(image);
      shown();
    };
    image.onerror = () => this.broken(name, round);
    image.src = this.url;
  }

  loadVideo(name, round, shown) {
    const video = element('video');
    const still = window.matchMedia && matchMedia('(prefers-reduced-motion: reduce)').matches;
    video.controls = true;
    video.loop = true;
    video.muted = true;
    video.autoplay = !still;
    video.setAttribute('muted', '');
    video.setAttribute('playsinline', '');
    video.setAttribute('aria-label', this.text.alt);
    video.preload = 'metadata';
    video.onerror = () => this.broken(name, round);
    video.onloadedmetadata = shown;
    video.src = this.url;
    this.stage.textContent = '';
    this.stage.appendChild(video);
  }

  // The file may just be in the middle of being replaced: look again before saying that it cannot be shown.
  broken(name, round) {
    if (round !== this.round) return;
    this.stage.textContent = '';
    this.brokenLoads += 1;
    if (this.brokenLoads < 3) this.lookLater(round);
    else this.unshowable(name);
  }

  unshowable(name) {
    this.fail(this.text.notShown, '');
    this.downloadButton(name);
  }

  shown(found, name) {
    this.status.hidden = true;
    this.actions.textContent = '';
    this.downloadButton(name);
    this.shareButton(found, name);
    if (this.until) {
      this.note.textContent = this.text.until.replace('{date}', this.until);
    }
  }

  // --- keeping

  downloadButton(name) {
    const link = element('a', '', this.text.download);
    link.href = this.url;
    link.download = name;
    this.actions.appendChild(link);
  }

  button(words, className, act) {
    const made = element('button', className, words);
    made.type = 'button';
    made.onclick = act;
    this.actions.appendChild(made);
    return made;
  }

  shareButton(found, name) {
    if (!navigator.share) {
      this.button(this.text.copy, 'second', () => this.copyLink());
      return;
    }
    this.file = null;
    if (navigator.canShare && found.size <= LARGEST_SHARED) this.fetchFile(found.type, name);
    // Phones allow sharing only at once after a tap, so nothing may be fetched in between.
    this.button(this.text.share, 'second', () => this.shareNow());
  }

  async fetchFile(type, name) {
    try {
      const answer = await fetch(this.url, { cache: 'force-cache' });
      const content = await answer.blob();
      const file = new File([content], name, { type: content.type || type });
      if (answer.ok && navigator.canShare({ files: [file] })) this.file = file;
    } catch (unreachable) {
      // Then the address is shared.
    }
  }

  async shareNow() {
    const what = this.file ? { files: [this.file] } : { title: document.title, url: location.href };
    try {
      await navigator.share(what);
    } catch (error) {
      if (error.name !== 'AbortError') this.copyLink();
    }
  }

  async copyLink() {
    let copied = false;
    try {
      await navigator.clipboard.writeText(location.href);
      copied = true;
    } catch (unavailable) {
      copied = copyBySelection(location.href);
    }
    this.note.textContent = copied ? this.text.copied : this.text.notCopied;
  }
}

// For pages that came unencrypted, to which browsers give no clipboard.
function copyBySelection(words) {
  const field = element('textarea');
  field.value = words;
  field.readOnly = true;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.appendChild(field);
  field.select();
  let copied = false;
  try {
    copied = document.execCommand('copy');
  } catch (refused) {
    copied = false;
  }
  field.remove();
  return copied;
}
