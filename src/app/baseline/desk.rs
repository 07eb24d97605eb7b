//! The terminal at which somebody goes through findings: single keys, lines, and a secret that is shown and taken away again.
//!
//! The one place in the program where a raw secret reaches a screen. It does so on a terminal only, when somebody asks for that one
//! secret by a key.

use std::io::{self, BufRead as _, ErrorKind, IsTerminal as _, Write as _};

use console::{Key, Term};

use crate::error::Error;
use crate::model::Secret;
use crate::report::escape;

/// Where questions are asked.
pub(super) trait Desk {
    /// Shows `text`, which is safe on a terminal.
    fn say(&mut self, text: &str) -> io::Result<()>;
    /// The next key, in lower case; none where nobody is there any more.
    fn key(&mut self) -> io::Result<Option<char>>;
    /// A line, without blanks around it; none where nobody is there any more.
    fn line(&mut self, question: &str) -> io::Result<Option<String>>;
    /// Shows `secret` until a key is pressed.
    fn reveal(&mut self, secret: &Secret) -> io::Result<()>;
}

/// The terminal that the program was started on.
pub(super) struct Terminal(Term);

impl Terminal {
    /// Fails if there is none: what a pipe gets is kept by somebody.
    pub(super) fn open() -> Result<Self, Error> {
        if io::stdin().is_terminal() && io::stdout().is_terminal() {
            return Ok(Self(Term::stdout()));
        }
        Err(Error::Usage(
            "baseline audit asks questions and may show secrets, so both its input and its output have to be a terminal; \
             `waxseal baseline add` and `remove` work without one"
                .to_owned(),
        ))
    }
}

impl Desk for Terminal {
    fn say(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())?;
        self.0.flush()
    }

    fn key(&mut self) -> io::Result<Option<char>> {
        loop {
            match self.0.read_key() {
                Ok(Key::Char(key)) => return Ok(Some(key.to_ascii_lowercase())),
                Ok(Key::Escape | Key::CtrlC) => return Ok(None),
                Ok(Key::UnknownEscSeq(_)) => {}
                Ok(_) => return Ok(Some(' ')),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::UnexpectedEof | ErrorKind::Interrupted
                    ) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn line(&mut self, question: &str) -> io::Result<Option<String>> {
        self.say(question)?;
        let mut line = String::new();
        let count = io::stdin().lock().read_line(&mut line)?;
        Ok((count > 0).then(|| line.trim().to_owned()))
    }

    fn reveal(&mut self, secret: &Secret) -> io::Result<()> {
        let shown = shown(secret);
        self.say(&format!("  {shown}\n  (any key takes it off the screen)"))?;
        self.key()?;
        // a long one fills more than one line
        let width = usize::from(self.0.size().1).max(1);
        let lines = (shown.chars().count() + 2).div_ceil(width);
        self.0.clear_line()?;
        self.0.clear_last_lines(lines)
    }
}

/// The raw value, with what a terminal would obey written as escapes.
#[expect(
    clippy::disallowed_methods,
    reason = "somebody at a terminal asked to see this one secret"
)]
fn shown(secret: &Secret) -> String {
    escape(&String::from_utf8_lossy(secret.expose()))
}
