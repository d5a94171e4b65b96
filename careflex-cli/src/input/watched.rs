//! A file that is read twice and must be the same both times. Its content is checked piece by piece,
//! each before a byte of it is used: nothing is sent that was not validated.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::io::{self, BufRead, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are checked at a time.
const PIECE: usize = 1 << 16;

/// The sums of a file's pieces: 8 bytes for each 64 KiB.
#[derive(Debug, Clone, Default)]
pub(super) struct Fingerprint(Arc<Mutex<Vec<u64>>>);

impl Fingerprint {
    fn push(&self, sum: u64) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sum);
    }

    fn get(&self, piece: usize) -> Option<u64> {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sums.get(piece).copied()
    }
}

/// Reads a file and notes or checks its pieces.
pub(super) struct Watched<R> {
    input: R,
    buffer: Vec<u8>,
    position: usize,
    pieces: usize,
    fingerprint: Fingerprint,
    verifies: bool,
}

impl<R: Read> Watched<R> {
    /// Notes what the file holds.
    pub(super) fn record(input: R, fingerprint: &Fingerprint) -> Self {
        Self::new(input, fingerprint, false)
    }

    /// Checks that the file holds what was noted.
    pub(super) fn verify(input: R, fingerprint: &Fingerprint) -> Self {
        Self::new(input, fingerprint, true)
    }

    fn new(input: R, fingerprint: &Fingerprint, verifies: bool) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            position: 0,
            pieces: 0,
            fingerprint: fingerprint.clone(),
            verifies,
        }
    }

    fn read_piece(&mut self) -> io::Result<()> {
        self.buffer.clear();
        self.position = 0;
        (&mut self.input)
            .take(PIECE as u64)
            .read_to_end(&mut self.buffer)?;
        // The end counts as a piece too: a file that has become shorter or longer has changed.
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.buffer);
        let sum = hasher.finish();
        if !self.verifies {
            self.fingerprint.push(sum);
        } else if self.fingerprint.get(self.pieces) != Some(sum) {
            return Err(io::Error::other(
                "it has changed since it was checked: leave it alone until the report has ended",
            ));
        }
        self.pieces += 1;
        Ok(())
    }
}

impl<R: Read> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position >= self.buffer.len() && (self.pieces == 0 || !self.buffer.is_empty()) {
            self.read_piece()?;
        }
        Ok(self.buffer.get(self.position..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.position = (self.position + amount).min(self.buffer.len());
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let amount = self.fill_buf()?.read(out)?;
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut input: impl Read) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn only_the_same_file_is_read_to_its_end() {
        let before: Vec<u8> = (0..3 * PIECE + 5)
            .map(|index| (index % 251) as u8)
            .collect();
        let fingerprint = Fingerprint::default();
        assert_eq!(
            read(Watched::record(&*before, &fingerprint)).unwrap(),
            before
        );
        assert_eq!(
            read(Watched::verify(&*before, &fingerprint)).unwrap(),
            before
        );
        let mut changed = before.clone();
        changed[2 * PIECE] ^= 1;
        let longer = [&*before, b"x"].concat();
        let shorter = &before[..before.len() - 1];
        let cut_at_a_piece = &before[..PIECE];
        for other in [&*changed, &*longer, shorter, cut_at_a_piece, b""] {
            assert!(read(Watched::verify(other, &fingerprint)).is_err());
        }
    }

    #[test]
    fn no_changed_byte_is_handed_out() {
        let before = vec![b'a'; 2 * PIECE];
        let fingerprint = Fingerprint::default();
        read(Watched::record(&*before, &fingerprint)).unwrap();
        let mut after = before;
        after[PIECE + 7] = b'b';
        let mut input = Watched::verify(&*after, &fingerprint);
        let mut seen = Vec::new();
        assert!(input.read_to_end(&mut seen).is_err());
        assert!(!seen.contains(&b'b'));
    }
}
