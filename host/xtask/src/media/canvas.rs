//! Pixels, and the few shapes that a scene is painted with.

use super::chance::Chance;

/// Red, green, blue; each from 0.0 to 1.0.
pub type Colour = [f32; 3];

/// A picture being painted. Coordinates and lengths are in pixels, from the top left corner.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: u16,
    height: u16,
    rgb: Vec<u8>,
}

impl Canvas {
    /// A black picture.
    pub fn new(width: u16, height: u16) -> Self {
        Self { width, height, rgb: vec![0; usize::from(width) * usize::from(height) * 3] }
    }

    /// Width in pixels.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// Three bytes for each pixel, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Fills everything, from `top` to `bottom`.
    pub fn gradient(&mut self, top: Colour, bottom: Colour) {
        for y in 0..self.height {
            let along = f32::from(y) / f32::from(self.height);
            let row: Colour = std::array::from_fn(|i| top[i] + (bottom[i] - top[i]) * along);
            for x in 0..self.width {
                self.blend(x, y, row, 1.0);
            }
        }
    }

    /// Paints an ellipse. `softness` is the part of its radius over which the edge fades out.
    pub fn ellipse(&mut self, centre: (f32, f32), radii: (f32, f32), colour: Colour, softness: f32) {
        let softness = softness.max(1.5 / radii.0.min(radii.1).max(1.5));
        self.paint_box((centre.0 - radii.0, centre.1 - radii.1), (centre.0 + radii.0, centre.1 + radii.1), {
            move |x, y| {
                let distance = ((x - centre.0) / radii.0).hypot((y - centre.1) / radii.1);
                (colour, ((1.0 - distance) / softness).clamp(0.0, 1.0))
            }
        });
    }

    /// Paints a triangle with hard edges.
    pub fn triangle(&mut self, corners: [(f32, f32); 3], colour: Colour) {
        let [a, b, c] = corners;
        let side =
            |p: (f32, f32), q: (f32, f32), x: f32, y: f32| (q.0 - p.0) * (y - p.1) - (q.1 - p.1) * (x - p.0);
        let low = (a.0.min(b.0).min(c.0), a.1.min(b.1).min(c.1));
        let high = (a.0.max(b.0).max(c.0), a.1.max(b.1).max(c.1));
        self.paint_box(low, high, |x, y| {
            let sides = [side(a, b, x, y), side(b, c, x, y), side(c, a, x, y)];
            let inside = sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0);
            (colour, if inside { 1.0 } else { 0.0 })
        });
    }

    /// Darkens the corners and adds grain of up to `strength` levels of 255, as a sensor in a dim room does.
    pub fn develop(&mut self, chance: &mut Chance, strength: f32) {
        let (width, height) = (f32::from(self.width), f32::from(self.height));
        for y in 0..self.height {
            for x in 0..self.width {
                let from_centre = (f32::from(x) / width - 0.5).hypot(f32::from(y) / height - 0.5);
                let light = 1.0 - 0.5 * from_centre * from_centre;
                let bits = chance.bits();
                let at = self.index(x, y);
                for (channel, pixel) in self.rgb[at..at + 3].iter_mut().enumerate() {
                    let noise = ((bits >> (channel * 16)) & 0xffff) as f32 / 32768.0 - 1.0;
                    *pixel = (f32::from(*pixel) * light + noise * strength).clamp(0.0, 255.0) as u8;
                }
            }
        }
    }

    /// The same picture as a camera lying on its right side stores it: it has to be turned clockwise
    /// by a quarter to be seen upright.
    pub fn turned(&self) -> Self {
        let mut turned = Self::new(self.height, self.width);
        for y in 0..turned.height {
            for x in 0..turned.width {
                let (from, to) = (self.index(self.width - 1 - y, x), turned.index(x, y));
                turned.rgb[to..to + 3].copy_from_slice(&self.rgb[from..from + 3]);
            }
        }
        turned
    }

    fn paint_box(&mut self, low: (f32, f32), high: (f32, f32), shade: impl Fn(f32, f32) -> (Colour, f32)) {
        let clip = |value: f32, limit: u16| value.clamp(0.0, f32::from(limit)) as u16;
        for y in clip(low.1.floor(), self.height)..clip(high.1.ceil(), self.height) {
            for x in clip(low.0.floor(), self.width)..clip(high.0.ceil(), self.width) {
                let (colour, cover) = shade(f32::from(x) + 0.5, f32::from(y) + 0.5);
                self.blend(x, y, colour, cover);
            }
        }
    }

    fn blend(&mut self, x: u16, y: u16, colour: Colour, cover: f32) {
        let at = self.index(x, y);
        for (pixel, wanted) in self.rgb[at..at + 3].iter_mut().zip(colour) {
            *pixel = (f32::from(*pixel) * (1.0 - cover) + wanted * 255.0 * cover) as u8;
        }
    }

    fn index(&self, x: u16, y: u16) -> usize {
        (usize::from(y) * usize::from(self.width) + usize::from(x)) * 3
    }
}
