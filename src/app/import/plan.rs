//! What goes into the configuration file, and what does not because it would let too much pass.
//!
//! The file as it will be is read like one that is there, before anything is written: a look and the writing go by the same one.

use std::path::{Component, Path, PathBuf};

use crate::config::{self, FILE_NAME, Policy, ScanOptions, Text};
use crate::error::Error;
use crate::import::{Left, Setting};
use crate::model::Report;
use crate::rules::POLICY_TOO_WIDE;
use crate::rules::gitleaks::Fault;
use crate::scan::Paths;

use super::{Source, refused, settings, shown};

/// The configuration file that is added to.
struct Target {
    path: PathBuf,
    name: String,
    /// What stands in it.
    before: String,
    origin: config::Origin,
    /// The folder from which on it names rule files.
    folder: PathBuf,
}

/// A glob of files that no rule is to be used in.
struct Glob {
    text: String,
    reason: String,
    /// The file that it comes from, by its place among them.
    source: usize,
    /// Whether it would leave out a dotenv file as a whole, or everything.
    is_wide: bool,
}

/// What goes into the configuration file.
pub(super) struct Plan {
    target: Target,
    root: PathBuf,
    rule_files: Vec<String>,
    /// All but globs.
    settings: Vec<Setting>,
    globs: Vec<Glob>,
}

impl Plan {
    /// What `sources` add to the file that counts for `options` in `root`.
    pub(super) fn of(
        sources: &mut [Source],
        root: &Path,
        options: &ScanOptions,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            target: Target::of(options, root)?,
            root: root.to_owned(),
            rule_files: Vec::new(),
            settings: Vec::new(),
            globs: Vec::new(),
        };
        let is_base = |source: &Source| source.haul.runs && !source.haul.wants_base;
        let has_base = sources.iter().any(is_base);
        if sources.iter().any(|source| source.haul.wants_base) {
            let bases = sources.iter_mut().filter(|source| is_base(source));
            bases.for_each(|source| source.haul.rules_alone());
        }
        for (number, source) in sources.iter_mut().enumerate() {
            source.haul.runs |= source.haul.wants_base && has_base;
            let file = plan.target.rule_file(&source.path, root);
            if let Some(file) = file.as_ref().filter(|_| source.haul.runs) {
                plan.rule_files.push(file.clone());
            } else if source.haul.runs {
                source.haul.runs = false;
                let why = "the file lies outside of the repository; copy it there, so that everybody scans by it";
                source.haul.left.push(Left::new("its rules", why));
            }
            if let Some(within) = within(&source.path, root).filter(|_| source.haul.is_digests) {
                plan.globs.push(Glob {
                    text: format!("/{}", globset::escape(&within)),
                    reason: "digests of values, no values".to_owned(),
                    source: number,
                    is_wide: false,
                });
            }
            for setting in std::mem::take(&mut source.haul.settings) {
                let Setting::Exclude(globs, reason) = setting else {
                    plan.settings.push(setting);
                    continue;
                };
                for text in globs {
                    plan.globs.push(Glob {
                        is_wide: config::too_wide(&text).is_some(),
                        text,
                        reason: reason.clone(),
                        source: number,
                    });
                }
            }
        }
        Ok(plan)
    }

    /// What `options` ask for and the policy, with what is added in force. Rules that can't be used are left out from then on, and added
    /// to `sources` as what can't be carried over.
    pub(super) fn policy(
        &mut self,
        options: &ScanOptions,
        sources: &mut [Source],
    ) -> Result<(ScanOptions, Policy), Error> {
        let mut options = options.clone();
        options.rules.lenient = true;
        let (_, policy) = self.resolved(options.clone())?;
        for fault in &policy.unusable {
            self.skip(fault, sources);
        }
        options.rules.lenient = false;
        let (options, policy) = self.resolved(options)?;
        Ok((options, policy))
    }

    fn resolved(&self, options: ScanOptions) -> Result<(ScanOptions, Policy), Error> {
        let target = &self.target;
        let text = self.after()?.unwrap_or_else(|| target.before.clone());
        let text = Text::new(
            &target.path,
            target.name.clone(),
            text.into_bytes(),
            target.origin,
        )?;
        let root = Some(self.root.as_path());
        config::resolve_with(options, Some(&text), &mut |path| {
            config::in_folder(root, path)
        })
    }

    fn skip(&mut self, fault: &Fault, sources: &mut [Source]) {
        let setting = Setting::SkipRule(fault.rule.clone());
        if self.settings.contains(&setting) {
            return;
        }
        self.settings.push(setting);
        let id = fault
            .rule
            .trim_start_matches(crate::rules::gitleaks::PREFIX);
        let what = format!("the rule `{id}`");
        let is_told = |source: &Source| source.haul.left.iter().any(|left| left.what == what);
        if sources.iter().any(is_told) {
            return;
        }
        // of a file that one of these builds on
        if let Some(source) = sources.iter_mut().find(|source| source.haul.runs) {
            source.haul.left.push(Left {
                mark: fault.mark.clone(),
                ..Left::new(what, fault.problem.clone())
            });
        }
    }

    /// Takes back the globs by which whole dotenv files were left out in `report`. Whether there were any.
    pub(super) fn narrow(&mut self, report: &Report) -> bool {
        let mut is_narrowed = false;
        for glob in self.globs.iter_mut().filter(|glob| !glob.is_wide) {
            let paths = Paths::new(std::slice::from_ref(&glob.text));
            let mut findings = report.findings.iter();
            glob.is_wide = findings.any(|finding| {
                finding.rule == POLICY_TOO_WIDE && paths.hold(&finding.origin.within)
            });
            is_narrowed |= glob.is_wide;
        }
        is_narrowed
    }

    /// The files that would be left out as a whole if that were not too wide, with the reason of each glob and where it is from.
    pub(super) fn wide(&self) -> impl Iterator<Item = (Paths, &str, usize, String)> {
        let wide = || self.globs.iter().filter(|glob| glob.is_wide);
        // a glob stands for what is below it as well
        let is_below = move |glob: &&Glob| {
            let above = glob.text.strip_suffix("/**");
            above.is_some_and(|above| wide().any(|other| other.text == above))
        };
        wide().filter(move |glob| !is_below(glob)).map(|glob| {
            let paths = Paths::new(std::slice::from_ref(&glob.text));
            let what = format!("the paths `{}`", glob.text);
            (paths, glob.reason.as_str(), glob.source, what)
        })
    }

    /// What is added.
    fn additions(&self) -> Vec<Setting> {
        let mut settings = self.settings.clone();
        for glob in self.globs.iter().filter(|glob| !glob.is_wide) {
            match settings.last_mut() {
                Some(Setting::Exclude(globs, reason)) if *reason == glob.reason => {
                    globs.push(glob.text.clone());
                }
                _ => settings.push(Setting::Exclude(
                    vec![glob.text.clone()],
                    glob.reason.clone(),
                )),
            }
        }
        settings
    }

    /// The file as it will be; none if it stays as it is.
    pub(super) fn after(&self) -> Result<Option<String>, Error> {
        let (before, name) = (&self.target.before, &self.target.name);
        settings::added(before, &self.rule_files, &self.additions())
            .map_err(|problem| refused(name, &problem))
    }

    /// What is added, as it stands in a file of its own; none if nothing is.
    pub(super) fn alone(&self) -> Option<String> {
        settings::added("", &self.rule_files, &self.additions())
            .ok()
            .flatten()
    }

    /// The configuration file.
    pub(super) fn path(&self) -> &Path {
        &self.target.path
    }

    /// What to call it.
    pub(super) fn name(&self) -> &str {
        &self.target.name
    }
}

/// The path of the file at `path` from `root` on; none if it lies elsewhere.
fn within(path: &Path, root: &Path) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let within = real.strip_prefix(root).ok()?.to_str()?;
    Some(within.replace('\\', "/"))
}

impl Target {
    fn of(options: &ScanOptions, root: &Path) -> Result<Self, Error> {
        let text = config::configuration(&options.policy, &mut |path| {
            config::in_folder(Some(root), path)
        })?;
        let named = config::named(&options.policy);
        let path = named.clone().unwrap_or_else(|| root.join(FILE_NAME));
        let folder = match &named {
            Some(file) => {
                let parent = file.parent().filter(|it| !it.as_os_str().is_empty());
                let folder = parent.unwrap_or(Path::new("."));
                folder.canonicalize().map_err(|source| Error::Io {
                    path: shown(folder),
                    source,
                })?
            }
            None => root.to_owned(),
        };
        Ok(Self {
            name: match (&text, &named) {
                (Some(text), _) => text.name.clone(),
                (None, Some(file)) => shown(file),
                (None, None) => FILE_NAME.to_owned(),
            },
            before: text.map(|text| text.text).unwrap_or_default(),
            origin: match named {
                Some(_) => config::Origin::Named,
                None => config::Origin::Repository,
            },
            path,
            folder,
        })
    }

    /// How the rule file at `path` is named in this one; none if it lies outside of `root`.
    fn rule_file(&self, path: &Path, root: &Path) -> Option<String> {
        let real = path.canonicalize().ok()?;
        real.strip_prefix(root).ok()?;
        let mut from = self.folder.components().peekable();
        let mut to = real.components().peekable();
        while from.peek().is_some() && from.peek() == to.peek() {
            from.next();
            to.next();
        }
        let up = from.map(|_| Component::ParentDir);
        let named: PathBuf = up.chain(to).collect();
        Some(format!("gitleaks:{}", named.to_str()?.replace('\\', "/")))
    }
}
