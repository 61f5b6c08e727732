//! A pseudo-terminal, the program on it, and what arrives there.

use std::io::{Read, Write};
use std::process::Child;

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

use crate::repo::Repo;

/// A program at a terminal.
pub struct Session {
    pty: Pty,
    child: Child,
    seen: Vec<u8>,
}

/// What a terminal got, from the first byte to the last.
#[derive(Debug)]
pub struct Screen {
    pub code: i32,
    /// Every byte that is no part of an escape sequence, as text.
    pub text: String,
    /// The escape sequences, without their introducer: `1m`, `2K`.
    pub sequences: Vec<String>,
}

impl Session {
    /// Starts the program on a terminal of so many columns, with nothing in its environment but what the repo sets, `TERM`,
    /// and these.
    pub fn start(repo: &Repo, arguments: &[&str], columns: u16, environment: &[(&str, &str)]) -> Self {
        let (pty, terminal) = open().unwrap();
        pty.resize(Size::new(50, columns)).unwrap();
        let like = repo.command(arguments);
        let mut command = Command::new(like.get_program()).args(like.get_args()).current_dir(repo.path(".")).env_clear();
        for (name, value) in like.get_envs() {
            command = command.env(name, value.unwrap());
        }
        command = command.env("TERM", "xterm-256color").envs(environment.iter().copied());
        let child = command.spawn(terminal).unwrap();
        Self { pty, child, seen: Vec::new() }
    }

    /// Reads what comes, until this text has come.
    pub fn until(&mut self, text: &str) {
        while !String::from_utf8_lossy(&self.seen).contains(text) {
            assert!(self.read(), "the program ended without {text:?}: {:?}", String::from_utf8_lossy(&self.seen));
        }
    }

    /// Types.
    pub fn types(&mut self, text: &str) {
        self.pty.write_all(text.as_bytes()).unwrap();
    }

    /// Reads to the end.
    pub fn end(mut self) -> Screen {
        while self.read() {}
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Screen::of(code, &String::from_utf8(self.seen).unwrap())
    }

    /// Reads once; false at the end, which Linux tells as an error.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.pty.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.seen.extend_from_slice(&buffer[..read]);
                true
            }
        }
    }
}

/// Runs to the end, without an answer to anything.
pub fn run(repo: &Repo, arguments: &[&str], columns: u16, environment: &[(&str, &str)]) -> Screen {
    Session::start(repo, arguments, columns, environment).end()
}

impl Screen {
    /// Takes bytes apart as a terminal does.
    fn of(code: i32, bytes: &str) -> Self {
        let (mut text, mut sequences) = (String::new(), Vec::new());
        let mut rest = bytes.chars();
        while let Some(c) = rest.next() {
            if c != '\u{1b}' {
                text.push(c);
                continue;
            }
            // Anything but `ESC [ … letter` stands in the list as it began, and is allowed nowhere.
            let mut sequence = String::new();
            let introducer = rest.next().unwrap_or('?');
            if introducer != '[' {
                sequences.push(format!("ESC {introducer}"));
                continue;
            }
            for c in rest.by_ref() {
                sequence.push(c);
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    break;
                }
            }
            sequences.push(sequence);
        }
        // The terminal's own line discipline ends lines like this.
        Self { code, text: text.replace("\r\n", "\n"), sequences }
    }

    /// Nothing acts on the terminal but colours.
    pub fn shows_only_colours(self) -> Self {
        self.only_acts_by(|sequence| sequence.ends_with('m'))
    }

    /// Nothing acts on the terminal but colours, and what draws and clears a bar in its own line.
    pub fn shows_only_colours_and_a_bar(mut self) -> Self {
        self.text = self.text.replace('\r', "");
        self.only_acts_by(|sequence| sequence.ends_with('m') || ["2K", "K", "J"].contains(&sequence) || sequence.ends_with(['A', 'B']))
    }

    fn only_acts_by(self, is_allowed: impl Fn(&str) -> bool) -> Self {
        let is_ours = |sequence: &str| is_allowed(sequence) && sequence.chars().rev().skip(1).all(|c| c.is_ascii_digit() || c == ';');
        let strange: Vec<_> = self.sequences.iter().filter(|sequence| !is_ours(sequence)).collect();
        assert!(strange.is_empty(), "{strange:?}: {self:#?}");
        let active =
            |c: char| c != '\n' && (c.is_control() || "\u{200b}\u{200f}\u{202a}\u{202d}\u{202e}\u{2066}\u{2069}\u{feff}".contains(c));
        assert!(!self.text.contains(active), "{:?}", self.text);
        self
    }

    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    pub fn says(self, text: &str) -> Self {
        assert!(self.text.contains(text), "the screen lacks {text:?}: {}", self.text);
        self
    }

    pub fn has_no_sequences(self) -> Self {
        assert!(self.sequences.is_empty(), "{self:#?}");
        self
    }

    pub fn has_colours(self) -> Self {
        assert!(self.sequences.iter().any(|sequence| sequence.ends_with('m')), "{self:#?}");
        self
    }
}
