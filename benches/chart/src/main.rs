//! Draws what `cargo bench -p careflex --bench codecs -- --json` prints: how many times faster ours is than each
//! peer. Reads the lines from standard input and writes an SVG file:
//!
//! ```console
//! $ cargo bench -p careflex --bench codecs -- --json > figures.jsonl
//! $ cargo run --manifest-path benches/chart/Cargo.toml -- docs/performance.svg < figures.jsonl
//! ```

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, BufRead as _};
use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Middle tones on no background: legible in light and dark.
const TEXT: RGBColor = RGBColor(116, 124, 133);
const GRID: RGBAColor = RGBAColor(128, 128, 128, 0.35);
const FASTER: RGBColor = RGBColor(46, 134, 193);
const SLOWER: RGBColor = RGBColor(211, 84, 0);
/// Of copying alone, which nobody can beat.
const LIMIT: RGBColor = RGBColor(128, 128, 128);
const LIMIT_NAME: &str = "memcpy";

const WIDTH: u32 = 860;
const ROW: u32 = 22;
/// Room for the names of the peers, and for the figures behind the bars.
const LEFT: u32 = 170;
const RIGHT: u32 = 70;
const TOP: u32 = 34;
const BOTTOM: u32 = 30;

#[derive(serde::Deserialize)]
struct Pair {
    task: String,
    peer: String,
    ratio: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else {
        return Err("give the SVG file to write, and the figures on standard input".into());
    };
    let mut pairs = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            pairs.push(serde_json::from_str(&line)?);
        }
    }
    draw(&pairs, &file)
}

/// A line of the chart.
enum Row<'a> {
    Task(&'a str),
    Peer(&'a Pair),
}

fn draw(pairs: &[Pair], file: &str) -> Result<(), Box<dyn Error>> {
    let rows = rows(pairs);
    let height = TOP + BOTTOM + ROW * rows.len() as u32;
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    let scale = Scale::of(pairs);
    let bottom = (height - BOTTOM) as i32;

    let title = style(19, &TEXT, HPos::Left, VPos::Top);
    area.draw_text(
        "careflex beside its peers: how many times as fast (logarithmic)",
        &title,
        (8, 8),
    )?;

    let below = style(15, &TEXT, HPos::Center, VPos::Top);
    for mark in scale.marks() {
        let x = scale.x(mark);
        let line = if mark == 1.0 {
            TEXT.stroke_width(2)
        } else {
            GRID.stroke_width(1)
        };
        area.draw(&PathElement::new([(x, TOP as i32), (x, bottom)], line))?;
        area.draw_text(&format!("{mark} ×"), &below, (x, bottom + 6))?;
    }

    let mut heading = style(16, &TEXT, HPos::Left, VPos::Center);
    heading.font = heading.font.style(FontStyle::Bold);
    let name = style(16, &TEXT, HPos::Right, VPos::Center);
    for (row, number) in rows.iter().zip(0..) {
        let top = (TOP + ROW * number) as i32;
        let middle = top + ROW as i32 / 2;
        match row {
            Row::Task(task) => {
                area.draw_text(task, &heading, (8, middle))?;
            }
            Row::Peer(pair) => {
                area.draw_text(&pair.peer, &name, (LEFT as i32 - 8, middle))?;
                let color = match pair.ratio {
                    _ if pair.peer == LIMIT_NAME => LIMIT,
                    ratio if ratio < 1.0 => SLOWER,
                    _ => FASTER,
                };
                let (one, end) = (scale.x(1.0), scale.x(pair.ratio));
                let corners = [
                    (one.min(end), top + 4),
                    (one.max(end), top + ROW as i32 - 4),
                ];
                area.draw(&Rectangle::new(corners, color.filled()))?;
                let behind = style(15, &color, HPos::Left, VPos::Center);
                area.draw_text(&figure(pair.ratio), &behind, (one.max(end) + 6, middle))?;
            }
        }
    }
    area.present()?;
    Ok(())
}

fn style(size: u32, color: &RGBColor, h_pos: HPos, v_pos: VPos) -> TextStyle<'_> {
    let style = TextStyle::from(("sans-serif", size)).color(color);
    style.pos(Pos::new(h_pos, v_pos))
}

fn rows(pairs: &[Pair]) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut task = "";
    for pair in pairs {
        if pair.task != task {
            task = &pair.task;
            rows.push(Row::Task(task));
        }
        rows.push(Row::Peer(pair));
    }
    rows
}

fn figure(ratio: f64) -> String {
    match ratio {
        10.0.. => format!("{ratio:.0} ×"),
        1.0.. => format!("{ratio:.1} ×"),
        _ => format!("{ratio:.2} ×"),
    }
}

/// Logarithmic: twice as fast is as far from 1 as half as fast.
struct Scale {
    decades: Range<f64>,
}

impl Scale {
    fn of(pairs: &[Pair]) -> Self {
        let logs = || pairs.iter().map(|pair| pair.ratio.log10());
        Self {
            decades: logs().fold(0.0, f64::min).floor()..logs().fold(1.0, f64::max).ceil(),
        }
    }

    /// The powers of ten.
    fn marks(&self) -> impl Iterator<Item = f64> {
        (self.decades.start as i32..=self.decades.end as i32).map(|power| 10_f64.powi(power))
    }

    fn x(&self, ratio: f64) -> i32 {
        let share = (ratio.log10() - self.decades.start) / (self.decades.end - self.decades.start);
        let width = f64::from(WIDTH - LEFT - RIGHT);
        (f64::from(LEFT) + share * width).round() as i32
    }
}
