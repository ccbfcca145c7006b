// One picture on the page: waits for it, shows it, offers to keep it.

// Seconds between looks; the last one repeats.
const PAUSES = [1, 1, 1, 2, 2, 3, 4, 5, 7, 10];
const SLOW_AFTER = 30;
const GIVE_UP_AFTER = 180;

function element(name, className, words) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (words) made.textContent = words;
  return made;
}

class Card {
  // `until` is the unix time at which the picture is taken away, or 0; `type` what its namer says it is.
  constructor(text, url, until, type) {
    this.text = text;
    this.url = url;
    this.until = until || 0;
    this.type = type || '';
    this.round = 0;
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
    this.status.className = busy ? 'message busy' : 'message';
    this.status.textContent = '';
    this.headline = element('h2', '', headline);
    this.headline.tabIndex = -1;
    this.status.appendChild(this.headline);
    if (hint) this.status.appendChild(element('p', '', hint));
  }

  clear() {
    this.round += 1;
    this.stage.textContent = '';
    this.actions.textContent = '';
    this.note.textContent = '';
  }

  fail(headline, hint) {
    this.clear();
    this.say(headline, hint);
  }

  // --- waiting

  wait() {
    this.clear();
    this.asleep = false;
    this.gaveUp = false;
    this.slow = false;
    this.brokenLoads = 0;
    this.waited = 0;
    this.looks = 0;
    this.say(this.text.waiting, this.text.waitingHint, true);
    this.look(this.round);
  }

  async look(round) {
    const ours = new URL(this.url).origin === location.origin;
    let found = 'gone';
    // Of a file on another host, which only the page's maker can have named, loading it tells.
    if (!this.isOver()) found = ours ? await lookAt(this.url) : { type: this.type, size: Infinity, guessed: true };
    if (round !== this.round) return;
    if (found === 'gone') this.fail(this.text.expired, this.text.expiredHint);
    else if (found) this.load(found, round);
    else this.lookLater(round);
  }

  isOver() {
    return this.until > 0 && this.until * 1000 < Date.now();
  }

  async lookLater(round) {
    const pause = PAUSES[Math.min(this.looks, PAUSES.length - 1)];
    this.looks += 1;
    this.waited += pause;
    if (this.waited > GIVE_UP_AFTER) {
      this.giveUp();
      return;
    }
    if (this.waited > SLOW_AFTER && !this.slow) {
      this.slow = true;
      this.say(this.text.waiting, this.text.slow, true);
    }
    await later(pause);
    if (round !== this.round) return;
    // A page in the background stops asking until it is looked at again.
    if (document.hidden) this.asleep = true;
    else this.look(round);
  }

  wake() {
    if (this.asleep) {
      this.asleep = false;
      this.look(this.round);
    } else if (this.gaveUp) {
      this.wait();
    }
  }

  giveUp() {
    this.fail(this.text.missing, this.text.missingHint);
    this.gaveUp = true;
    this.button(this.text.retry, '', () => {
      this.wait();
      this.headline.focus();
    });
  }

  // --- showing

  load(found, round) {
    const name = fileName(this.url, found.type);
    const type = typeOf(found.type, name);
    if (/^image/.test(type)) this.loadImage(found, name, round);
    else if (/^video/.test(type)) this.loadVideo(found, name, round);
    else this.unshowable(name);
  }

  loadImage(found, name, round) {
    const image = element('img');
    image.alt = this.text.title;
    image.onload = () => round === this.round && this.show(image, found, name);
    image.onerror = () => this.broken(found, name, round);
    image.src = this.url;
  }

  loadVideo(found, name, round) {
    const video = element('video');
    const still = window.matchMedia && matchMedia('(prefers-reduced-motion: reduce)').matches;
    video.controls = true;
    video.loop = true;
    video.muted = true;
    video.autoplay = !still;
    video.setAttribute('muted', '');
    video.setAttribute('playsinline', '');
    video.setAttribute('aria-label', this.text.title);
    video.preload = 'metadata';
    video.onerror = () => this.broken(found, name, round);
    video.src = this.url;
    const show = () => round === this.round && this.show(video, found, name);
    // Some phones load nothing of a video before it is tapped, so its data is not waited for.
    if (found.guessed) video.onloadedmetadata = show;
    else show();
  }

  // The file may just be in the middle of being replaced: look again before saying that it cannot be shown.
  broken(found, name, round) {
    if (round !== this.round) return;
    this.brokenLoads += 1;
    if (!found.guessed && this.brokenLoads > 2) {
      this.unshowable(name);
      return;
    }
    this.clear();
    this.say(this.text.waiting, this.text.waitingHint, true);
    this.lookLater(this.round);
  }

  unshowable(name) {
    this.fail(this.text.notShown, '');
    this.downloadButton(name);
  }

  show(picture, found, name) {
    this.stage.textContent = '';
    this.stage.appendChild(picture);
    // Seen by nobody, read out to those who cannot see the picture.
    this.status.className = 'unseen';
    this.status.textContent = this.text.here;
    this.actions.textContent = '';
    this.downloadButton(name);
    const sharing = new Sharing(this.text, this.url, found, name, this.note);
    if (navigator.share) this.button(this.text.share, 'second', () => sharing.share());
    else this.button(this.text.copy, 'second', () => sharing.copyLink());
    if (this.until) this.note.textContent = this.text.until.replace('{date}', dateOf(this.until));
  }

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
  }
}
