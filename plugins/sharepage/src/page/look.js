// Looking whether a file is there.

const PATIENCE = 20;

function later(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

// Fetch, but a connection that says nothing counts as none.
function ask(url, options) {
  const silence = later(PATIENCE).then(() => { throw new Error('no answer'); });
  return Promise.race([fetch(url, Object.assign({ cache: 'no-store' }, options)), silence]);
}

async function headOf(url) {
  const answer = await ask(url, { method: 'HEAD' });
  if (answer.status !== 405 && answer.status !== 501) return answer;
  // Some servers do not answer HEAD: then the first byte is asked for.
  const first = await ask(url, { headers: { Range: 'bytes=0-0' } });
  if (first.body && first.body.cancel) first.body.cancel();
  return first;
}

// Its type as served and its size in bytes; 'gone'; or null as long as it is not there.
async function lookAt(url) {
  try {
    const answer = await headOf(url);
    if (answer.status === 410) return 'gone';
    const type = (answer.headers.get('Content-Type') || '').split(';')[0].trim().toLowerCase();
    // Some send a page instead of "not found".
    if (!answer.ok || type === 'text/html') return null;
    const whole = answer.status === 206 ? (answer.headers.get('Content-Range') || '').split('/')[1]
      : answer.headers.get('Content-Length');
    return { type, size: Number(whole) || Infinity };
  } catch (unreachable) {
    return null;
  }
}
