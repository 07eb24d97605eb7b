//! Who asks providers, in a program that was built without network code: nobody, and that is said at once.

use crate::config::VerifyOptions;
use crate::error::Error;
use crate::model::{Finding, Secret, Verification, Verified};
use crate::scan::Scanner;
use crate::verify::revoke::{Deleted, Deletion, Place};
use crate::verify::{Stop, Trouble};

/// Of which there is none.
pub(super) enum Asker {}

/// How many credentials of how many are done.
#[derive(Debug, Default)]
pub(super) struct Progress {
    all: u64,
}

impl Progress {
    /// Done, and all.
    pub(super) fn so_far(&self) -> (u64, u64) {
        (0, self.all)
    }
}

fn absent() -> Error {
    let problem = "this waxseal was built without network code, so it can ask nobody and revoke nothing; install one that was built \
         with the feature `verify`, which is the default";
    Error::Usage(problem.to_owned())
}

impl Asker {
    pub(super) fn new(_: &VerifyOptions, _: &Scanner) -> Result<Self, Error> {
        Err(absent())
    }

    pub(super) fn changes(&self) -> &[String] {
        match *self {}
    }

    pub(super) fn places(&self) -> Vec<(String, String, String)> {
        match *self {}
    }

    pub(super) fn ask(&self, _: &mut [Finding], _: &Progress, _: &Stop) -> Verification {
        match *self {}
    }

    pub(super) fn verdict(&self, _: &Finding) -> Verified {
        match *self {}
    }

    pub(super) fn delete<'d>(
        &self,
        _: &'d Deletion,
        _: &Secret,
    ) -> Result<(Deleted, Option<&'d Place>), Trouble> {
        match *self {}
    }
}
