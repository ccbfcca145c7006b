//! Pictures and films that a browser can show, made by ffmpeg.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Film {
    /// A photo, 1200 by 800.
    Jpeg,
    /// An animated GIF.
    Gif,
    /// An animated WebP.
    Webp,
    /// A film of a minute, larger than what browsers load ahead.
    Mp4,
    /// The same as WebM, and short.
    Webm,
}

impl Film {
    /// Makes one at `path`: aside first, then renamed into place, as booth apps do.
    pub fn make(self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let aside = path.with_file_name(".being-made.tmp");
        let mut ffmpeg = Command::new("/usr/bin/ffmpeg");
        ffmpeg.args(["-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i"]).args(self.arguments());
        let output = ffmpeg.arg(&aside).output().unwrap();
        assert!(output.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&output.stderr));
        fs::rename(&aside, path).unwrap();
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["gradients=size=1200x800:nb_colors=5:seed=7", "-frames:v", "1", "-f", "mjpeg"],
            Self::Gif => &["testsrc2=size=480x320:rate=10:duration=1", "-f", "gif"],
            Self::Webp => &["testsrc2=size=480x320:rate=10:duration=1", "-loop", "0", "-f", "webp"],
            // Noise makes it large.
            Self::Mp4 => &[
                "testsrc2=size=640x360:rate=10:duration=60,noise=alls=60:allf=t,format=yuv420p",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-g",
                "20",
                "-movflags",
                "+faststart",
                "-f",
                "mp4",
            ],
            Self::Webm => &[
                "testsrc2=size=320x240:rate=10:duration=3",
                "-c:v",
                "libvpx",
                "-deadline",
                "realtime",
                "-f",
                "webm",
            ],
        }
    }
}
