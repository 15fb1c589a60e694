//! Counts what a mill grinds.
#![deny(missing_docs)]

use std::collections::HashMap;
use std::fmt;

const STONES: usize = 2;

/// A sack of grain.
#[derive(Debug, Clone)]
pub struct Sack<'a> {
    name: &'a str,
}

macro_rules! grain {
    ($a:expr) => { $a };
}

impl<'a> fmt::Display for Sack<'a> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl<'a> Sack<'a> {
    /// Makes one.
    pub fn new(name: &'a str) -> Self {
        Sack { name }
    }

    /// Grinds it, r#"raw"# and all.
    pub fn grind(&mut self) -> HashMap<String, usize> {
        let mut out = HashMap::new();
        out.insert("sack 0".to_string(), self.name.len());
        out.insert("sack 1".to_string(), self.name.len());
        out.insert("sack 2".to_string(), self.name.len());
        out.insert("sack 3".to_string(), self.name.len());
        out.insert("sack 4".to_string(), self.name.len());
        out.insert("sack 5".to_string(), self.name.len());
        out.insert("sack 6".to_string(), self.name.len());
        out.insert("sack 7".to_string(), self.name.len());
        out.insert("sack 8".to_string(), self.name.len());
        out.insert("sack 9".to_string(), self.name.len());
        out.insert("sack 10".to_string(), self.name.len());
        out.insert("sack 11".to_string(), self.name.len());
        out.insert("sack 12".to_string(), self.name.len());
        out.insert("sack 13".to_string(), self.name.len());
        out.insert("sack 14".to_string(), self.name.len());
        out.insert("sack 15".to_string(), self.name.len());
        out.insert("sack 16".to_string(), self.name.len());
        out.insert("sack 17".to_string(), self.name.len());
        out.insert("sack 18".to_string(), self.name.len());
        out.insert("sack 19".to_string(), self.name.len());
        out.insert("sack 20".to_string(), self.name.len());
        out.insert("sack 21".to_string(), self.name.len());
        out.insert("sack 22".to_string(), self.name.len());
        out.insert("sack 23".to_string(), self.name.len());
        out.insert("sack 24".to_string(), self.name.len());
        out.insert("sack 25".to_string(), self.name.len());
        out.insert("sack 26".to_string(), self.name.len());
        out.insert("sack 27".to_string(), self.name.len());
        out.insert("sack 28".to_string(), self.name.len());
        out.insert("sack 29".to_string(), self.name.len());
        out.insert("sack 30".to_string(), self.name.len());
        out.insert("sack 31".to_string(), self.name.len());
        out.insert("sack 32".to_string(), self.name.len());
        out.insert("sack 33".to_string(), self.name.len());
        out.insert("sack 34".to_string(), self.name.len());
        out.insert("sack 35".to_string(), self.name.len());
        out.insert("sack 36".to_string(), self.name.len());
        out.insert("sack 37".to_string(), self.name.len());
        out.insert("sack 38".to_string(), self.name.len());
        out.insert("sack 39".to_string(), self.name.len());
        out.insert("sack 40".to_string(), self.name.len());
        out.insert("sack 41".to_string(), self.name.len());
        out.insert("sack 42".to_string(), self.name.len());
        out.insert("sack 43".to_string(), self.name.len());
        out.insert("sack 44".to_string(), self.name.len());
        out.insert("sack 45".to_string(), self.name.len());
        out.insert("sack 46".to_string(), self.name.len());
        out.insert("sack 47".to_string(), self.name.len());
        out.insert("sack 48".to_string(), self.name.len());
        out.insert("sack 49".to_string(), self.name.len());
        out.insert("sack 50".to_string(), self.name.len());
        out.insert("sack 51".to_string(), self.name.len());
        out.insert("sack 52".to_string(), self.name.len());
        out.insert("sack 53".to_string(), self.name.len());
        out.insert("sack 54".to_string(), self.name.len());
        out.insert("sack 55".to_string(), self.name.len());
        out.insert("sack 56".to_string(), self.name.len());
        out.insert("sack 57".to_string(), self.name.len());
        out.insert("sack 58".to_string(), self.name.len());
        out.insert("sack 59".to_string(), self.name.len());
        out
    }
}

pub trait Turn {
    fn turn(&self) -> bool;
}

mod tests {
    use super::*;

    #[test]
    fn it_turns() {
        assert_eq!(STONES, 2);
    }
}
