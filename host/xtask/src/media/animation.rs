//! A short looping GIF, as booths make of several shots.

use gif::{Encoder, Frame, Repeat};

use super::canvas::Canvas;
use super::scene;

const SIZE: (u16, u16) = (480, 360);
const FRAMES: u16 = 10;
const FRAME_CENTISECONDS: u16 = 10;

/// Levels of red, green and blue in the palette, which every frame shares: 6 * 7 * 6 = 252 colours.
const LEVELS: [u16; 3] = [6, 7, 6];

/// Thresholds that spread the error of the coarse palette over 4 by 4 pixels.
const BAYER: [[u16; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// An animation of ten frames that starts again for ever.
pub fn animation(seed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, SIZE.0, SIZE.1, &palette())
        .expect("memory takes every byte, the palette has 252");
    encoder.set_repeat(Repeat::Infinite).expect("memory takes every byte");
    for number in 0..FRAMES {
        let mut canvas = Canvas::new(SIZE.0, SIZE.1);
        scene::paint(&mut canvas, seed, f32::from(number) / f32::from(FRAMES));
        let mut frame = Frame::from_indexed_pixels(SIZE.0, SIZE.1, indexed(&canvas), None);
        frame.delay = FRAME_CENTISECONDS;
        encoder
            .write_frame(&frame)
            .expect("memory takes every byte, and the frame has the size of the screen");
    }
    drop(encoder);
    bytes
}

fn palette() -> Vec<u8> {
    let [reds, greens, blues] = LEVELS;
    let shade = |level: u16, levels: u16| (level * 255 / (levels - 1)) as u8;
    (0..reds * greens * blues)
        .flat_map(|i| {
            [shade(i / (greens * blues), reds), shade(i / blues % greens, greens), shade(i % blues, blues)]
        })
        .collect()
}

fn indexed(canvas: &Canvas) -> Vec<u8> {
    let width = usize::from(canvas.width());
    let pixels = canvas.rgb().chunks_exact(3).enumerate();
    pixels
        .map(|(at, pixel)| {
            let threshold = BAYER[at / width % 4][at % width % 4];
            pixel.iter().zip(LEVELS).fold(0, |index, (value, levels)| {
                let scaled = u16::from(*value) * (levels - 1) + threshold * 255 / 16;
                index * levels + (scaled / 255).min(levels - 1)
            }) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use gif::DecodeOptions;

    use super::*;

    #[test]
    fn a_decoder_finds_ten_different_frames_that_loop() {
        let bytes = animation(1);
        let mut decoder = DecodeOptions::new().read_info(bytes.as_slice()).unwrap();
        assert_eq!((decoder.width(), decoder.height()), SIZE);
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            assert_eq!(frame.delay, FRAME_CENTISECONDS);
            frames.push(frame.buffer.to_vec());
        }
        assert_eq!(frames.len(), usize::from(FRAMES));
        assert_eq!(decoder.repeat(), Repeat::Infinite);
        assert!(frames.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn black_and_white_survive_the_palette() {
        let colours = palette();
        for (level, expected) in [(0.0, [0; 3]), (1.0, [255; 3])] {
            let mut canvas = Canvas::new(4, 4);
            canvas.gradient([level; 3], [level; 3]);
            for index in indexed(&canvas) {
                assert_eq!(colours[usize::from(index) * 3..][..3], expected);
            }
        }
    }
}
