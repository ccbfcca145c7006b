//! What the pictures show: guests in front of a booth's backdrop.

use super::canvas::{Canvas, Colour};
use super::chance::Chance;

const SKIN: [Colour; 6] = [
    [0.98, 0.85, 0.75],
    [0.93, 0.76, 0.62],
    [0.82, 0.62, 0.46],
    [0.66, 0.46, 0.32],
    [0.48, 0.32, 0.22],
    [0.36, 0.23, 0.16],
];
const HAIR: [Colour; 6] = [
    [0.1, 0.08, 0.07],
    [0.3, 0.18, 0.1],
    [0.55, 0.35, 0.16],
    [0.85, 0.7, 0.4],
    [0.7, 0.7, 0.72],
    [0.75, 0.25, 0.12],
];
const PARTY: [Colour; 6] = [
    [0.93, 0.26, 0.31],
    [0.98, 0.72, 0.2],
    [0.25, 0.72, 0.55],
    [0.2, 0.5, 0.85],
    [0.62, 0.35, 0.8],
    [0.95, 0.5, 0.7],
];
const DARK: Colour = [0.12, 0.09, 0.1];

/// Paints one scene. The same `seed` shows the same guests; `moment`, from 0.0 to 1.0 and around again,
/// is where they are in their dance.
pub fn paint(canvas: &mut Canvas, seed: u64, moment: f32) {
    let mut chance = Chance::new(seed);
    backdrop(canvas, &mut chance);
    lights(canvas, &mut chance);
    bunting(canvas, &mut chance);
    let guests = 1 + chance.below(4);
    for place in 0..guests {
        let middle = f32::from(canvas.width()) * (place as f32 + 0.5) / guests as f32;
        guest(canvas, &mut chance, middle, moment);
    }
}

fn backdrop(canvas: &mut Canvas, chance: &mut Chance) {
    let base = chance.pick(&PARTY);
    let dim = chance.between(0.25, 0.55);
    canvas.gradient(base.map(|c| c * dim), base.map(|c| c * dim * 0.45));
}

fn lights(canvas: &mut Canvas, chance: &mut Chance) {
    let (width, height) = (f32::from(canvas.width()), f32::from(canvas.height()));
    for _ in 0..24 + chance.below(24) {
        let centre = (chance.between(0.0, width), chance.between(0.0, height * 0.8));
        let radius = height * chance.between(0.01, 0.06);
        let glow = chance.pick(&PARTY).map(|c| (c + 0.35).min(1.0));
        canvas.ellipse(centre, (radius, radius), glow, 0.6);
    }
}

fn bunting(canvas: &mut Canvas, chance: &mut Chance) {
    let (width, height) = (f32::from(canvas.width()), f32::from(canvas.height()));
    let flags = 9 + chance.below(6);
    let step = width / flags as f32;
    for flag in 0..flags {
        let left = flag as f32 * step;
        let sag = |x: f32| height * (0.09 - 0.28 * (x / width - 0.5).powi(2));
        let tip = (left + step / 2.0, sag(left + step / 2.0) + height * 0.1);
        let colour = chance.pick(&PARTY);
        canvas.triangle([(left, sag(left)), (left + step, sag(left + step)), tip], colour);
    }
}

fn guest(canvas: &mut Canvas, chance: &mut Chance, middle: f32, moment: f32) {
    let height = f32::from(canvas.height());
    let head = height * chance.between(0.11, 0.15);
    let beat = std::f32::consts::TAU * (moment + chance.between(0.0, 1.0));
    let face = (
        middle + height * chance.between(-0.02, 0.02) + head * 0.2 * beat.sin(),
        height * chance.between(0.42, 0.55) - head * 0.3 * beat.cos().abs(),
    );
    let (skin, hair, shirt) = (chance.pick(&SKIN), chance.pick(&HAIR), chance.pick(&PARTY));
    canvas.ellipse((face.0, face.1 + head * 3.6), (head * 1.9, head * 2.4), shirt, 0.0);
    canvas.ellipse((face.0, face.1 + head * 1.2), (head * 0.38, head * 0.6), skin.map(|c| c * 0.88), 0.0);
    canvas.ellipse((face.0, face.1 - head * 0.25), (head * 0.98, head * 1.15), hair, 0.0);
    canvas.ellipse(face, (head * 0.82, head * 1.05), skin, 0.04);
    features(canvas, chance, face, head);
    if chance.below(2) == 0 {
        hat(canvas, chance, face, head);
    }
}

fn features(canvas: &mut Canvas, chance: &mut Chance, face: (f32, f32), head: f32) {
    let glasses = chance.below(3) == 0;
    for side in [-1.0, 1.0] {
        let eye = (face.0 + side * head * 0.32, face.1 - head * 0.12);
        if glasses {
            canvas.ellipse(eye, (head * 0.27, head * 0.27), DARK, 0.0);
        }
        canvas.ellipse(eye, (head * 0.17, head * 0.14), [0.97; 3], 0.0);
        canvas.ellipse(eye, (head * 0.08, head * 0.09), DARK, 0.0);
    }
    let smile = chance.between(0.24, 0.42);
    canvas.ellipse((face.0, face.1 + head * 0.42), (head * smile, head * 0.2), [0.55, 0.12, 0.15], 0.0);
    canvas.ellipse((face.0, face.1 + head * 0.35), (head * smile * 0.85, head * 0.09), [0.97; 3], 0.0);
}

fn hat(canvas: &mut Canvas, chance: &mut Chance, face: (f32, f32), head: f32) {
    let brim = face.1 - head * 0.85;
    let tip = (face.0 + head * chance.between(-0.3, 0.3), brim - head * 1.3);
    canvas.triangle([(face.0 - head * 0.62, brim), (face.0 + head * 0.62, brim), tip], chance.pick(&PARTY));
    canvas.ellipse(tip, (head * 0.16, head * 0.16), chance.pick(&PARTY), 0.3);
}
