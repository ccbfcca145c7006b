// Keeping the picture: saving it, handing it to another app, copying its address.

// Files up to this size are fetched so that the phone can share the file itself, not only its address.
const LARGEST_SHARED = 30e6;

function canShareFile(name, type) {
  try {
    return navigator.canShare({ files: [new File(['-'], name, { type })] });
  } catch (older) {
    return false;
  }
}

class Sharing {
  // Tells `note` what happens.
  constructor(text, url, found, name, note) {
    this.text = text;
    this.url = url;
    this.name = name;
    this.type = typeOf(found.type, name);
    this.note = note;
    this.file = null;
    this.wanted = found.size <= LARGEST_SHARED && canShareFile(name, this.type);
    // The browser has a picture already. A video would be loaded a second time, perhaps for nothing.
    if (this.wanted && /^image/.test(this.type)) this.fetchFile();
  }

  fetchFile() {
    if (!this.fetching) {
      this.fetching = this.fetchNow().then((file) => {
        this.file = file;
        this.wanted = this.wanted && Boolean(file);
        this.fetching = null;
      });
    }
    return this.fetching;
  }

  async fetchNow() {
    try {
      const answer = await fetch(this.url, { cache: 'force-cache' });
      const file = new File([await answer.blob()], this.name, { type: this.type });
      return answer.ok && navigator.canShare({ files: [file] }) ? file : null;
    } catch (unreachable) {
      return null;
    }
  }

  // Phones open the share sheet only at once after a tap. If fetching the file took too long for that, a
  // second tap is asked for.
  async share() {
    const late = this.wanted && !this.file;
    if (late) {
      this.note.textContent = this.text.preparing;
      await this.fetchFile();
      this.note.textContent = '';
    }
    try {
      await navigator.share(this.file ? { files: [this.file] } : { title: document.title, url: location.href });
    } catch (error) {
      if (error.name === 'NotAllowedError' && late) this.note.textContent = this.text.ready;
      else if (error.name !== 'AbortError') this.copyLink();
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
  const focused = document.activeElement;
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
  if (focused && focused.focus) focused.focus();
  return copied;
}
