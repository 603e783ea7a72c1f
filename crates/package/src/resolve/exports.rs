//! `exports` and `imports` of a `package.json`: keys, patterns, conditions, targets.
//!
//! Source: Node's documentation, "Resolution algorithm specification" of ECMAScript modules: PACKAGE_EXPORTS_RESOLVE,
//! PACKAGE_IMPORTS_EXPORTS_RESOLVE, PACKAGE_TARGET_RESOLVE. One rule is wider: a target of `imports` may be `node:x`.

use std::cmp::Ordering;

use crate::{
    error::shown,
    package_json::Target,
    path,
    resolve::{How, ResolveError, Resolved, Search},
};

/// What a target led to.
pub(super) enum Outcome {
    /// Nothing that holds under the conditions: the next one is tried.
    Nothing,
    /// Said not to be there.
    Blocked,
    Hit(Match),
}

pub(super) enum Match {
    /// A path, of which is not yet known whether it is there.
    Path(String),
    /// Something outside of the package.
    Resolved(Resolved),
}

/// What is the same for all targets of one question.
#[derive(Clone, Copy)]
struct Place<'a> {
    folder: &'a str,
    key: &'a str,
    field: Field,
    /// What the star of a pattern stands for.
    star: Option<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Exports,
    Imports,
}

impl Search<'_> {
    /// `subpath` is `.` or begins with `./`.
    pub(super) fn of_exports(
        &self,
        folder: &str,
        exports: &Target,
        subpath: &str,
    ) -> Result<Outcome, ResolveError> {
        let place = Place {
            folder,
            key: subpath,
            field: Field::Exports,
            star: None,
        };
        let table = match exports {
            Target::Table(table) => table.as_slice(),
            _ => &[],
        };
        let dotted = table.iter().filter(|(key, _)| key.starts_with('.')).count();
        if dotted != 0 && dotted != table.len() {
            return Err(self.invalid_config(
                folder,
                "\"exports\" cannot contain some keys starting with '.' and some not",
            ));
        }
        if dotted > 0 {
            return self.of_table(place, table);
        }
        match subpath {
            "." => self.of_target(place, exports),
            _ => Ok(Outcome::Nothing),
        }
    }

    pub(super) fn of_imports(
        &self,
        folder: &str,
        imports: &Target,
        name: &str,
    ) -> Result<Outcome, ResolveError> {
        let Target::Table(table) = imports else {
            return Ok(Outcome::Nothing);
        };
        let place = Place {
            folder,
            key: name,
            field: Field::Imports,
            star: None,
        };
        self.of_table(place, table)
    }

    fn of_table(
        &self,
        place: Place<'_>,
        table: &[(String, Target)],
    ) -> Result<Outcome, ResolveError> {
        let key = place.key;
        if key.ends_with('/') {
            return Ok(Outcome::Nothing);
        }
        // Of keys that are there twice the last one counts.
        let exact = table.iter().rev().find(|(candidate, _)| candidate == key);
        if let Some((_, target)) = exact.filter(|_| !key.contains('*')) {
            return self.of_target(place, target);
        }
        let best = table
            .iter()
            .filter_map(|(pattern, target)| Some((pattern, star(pattern, key)?, target)))
            .min_by(|(one, ..), (other, ..)| by_closeness(one, other));
        match best {
            Some((pattern, star, target)) => {
                let place = Place {
                    key: pattern,
                    star: Some(star),
                    ..place
                };
                self.of_target(place, target)
            }
            None => Ok(Outcome::Nothing),
        }
    }

    /// Recursion is bounded by the depth that the JSON reader allows.
    fn of_target(&self, place: Place<'_>, target: &Target) -> Result<Outcome, ResolveError> {
        match target {
            Target::Null => Ok(Outcome::Blocked),
            Target::Text(text) => self.of_text(place, text).map(Outcome::Hit),
            Target::List(list) => self.of_list(place, list),
            Target::Table(table) => self.of_conditions(place, table),
            Target::Other => Err(self.invalid_target(place, "a number or a boolean")),
        }
    }

    fn of_conditions(
        &self,
        place: Place<'_>,
        table: &[(String, Target)],
    ) -> Result<Outcome, ResolveError> {
        for (condition, target) in table {
            let is_number = !condition.is_empty() && condition.bytes().all(|b| b.is_ascii_digit());
            if is_number {
                return Err(self.invalid_config(
                    place.folder,
                    "\"exports\" cannot contain numeric property keys",
                ));
            }
            let holds = match condition.as_str() {
                "default" | "node" => true,
                "import" => self.how == How::Import,
                "require" => self.how == How::Require,
                _ => false,
            };
            if !holds {
                continue;
            }
            match self.of_target(place, target)? {
                Outcome::Nothing => {}
                outcome => return Ok(outcome),
            }
        }
        Ok(Outcome::Nothing)
    }

    /// The first of a list that can be used.
    fn of_list(&self, place: Place<'_>, list: &[Target]) -> Result<Outcome, ResolveError> {
        let mut last = Ok(Outcome::Blocked);
        for target in list {
            match self.of_target(place, target) {
                Ok(Outcome::Nothing) => {}
                Ok(Outcome::Blocked) => last = Ok(Outcome::Blocked),
                Err(error) if error.code == "ERR_INVALID_PACKAGE_TARGET" => last = Err(error),
                decided => return decided,
            }
        }
        last
    }

    fn of_text(&self, place: Place<'_>, target: &str) -> Result<Match, ResolveError> {
        if !target.starts_with("./") {
            return self.of_outside(place, target);
        }
        if !is_inside(&target[2..]) {
            return Err(self.invalid_target(place, target));
        }
        if place.star.is_some_and(|star| !is_inside(star)) {
            return Err(self.invalid_specifier("does not match a valid subpath of the package"));
        }
        let target = match place.star {
            Some(star) => target.replace('*', star),
            None => target.to_owned(),
        };
        let path = self.url_path(&target)?;
        Ok(Match::Path(path::join(place.folder, &path)))
    }

    /// A target that is no path: another package or a builtin module, in `imports` only.
    fn of_outside(&self, place: Place<'_>, target: &str) -> Result<Match, ResolveError> {
        let is_name = place.field == Field::Imports
            && !target.starts_with("../")
            && !target.starts_with('/')
            && (target.starts_with("node:") || super::url(target).is_none());
        if !is_name {
            return Err(self.invalid_target(place, target));
        }
        let target = match place.star {
            Some(star) => target.replace('*', star),
            None => target.to_owned(),
        };
        match self.builtin(&target)? {
            Some(builtin) => Ok(Match::Resolved(builtin)),
            None => self
                .resolve_bare(&target, place.folder)
                .map(Match::Resolved),
        }
    }

    fn invalid_target(&self, place: Place<'_>, target: &str) -> ResolveError {
        let field = match place.field {
            Field::Exports => "exports",
            Field::Imports => "imports",
        };
        ResolveError {
            code: "ERR_INVALID_PACKAGE_TARGET",
            message: format!(
                "Invalid \"{field}\" target \"{}\" defined for '{}' in the package config \
                 {}/package.json imported from {}",
                shown(target),
                shown(place.key),
                place.folder.trim_end_matches('/'),
                self.from
            ),
            hint: Some("targets must start with \"./\" and stay in their package".to_owned()),
        }
    }

    fn invalid_config(&self, folder: &str, why: &str) -> ResolveError {
        ResolveError {
            code: "ERR_INVALID_PACKAGE_CONFIG",
            message: format!(
                "Invalid package config {}/package.json imported from {}: {why}",
                folder.trim_end_matches('/'),
                self.from
            ),
            hint: Some("correct the file, or install the package anew".to_owned()),
        }
    }
}

/// What the star of `pattern` stands for in `key`, if it matches.
fn star<'a>(pattern: &str, key: &'a str) -> Option<&'a str> {
    let (before, after) = pattern.split_once('*')?;
    if after.contains('*') || key.len() < pattern.len() {
        return None;
    }
    let star = key.strip_prefix(before)?.strip_suffix(after)?;
    (!star.is_empty()).then_some(star)
}

/// The pattern that says more comes first.
fn by_closeness(one: &str, other: &str) -> Ordering {
    let before_star = |pattern: &str| pattern.find('*').unwrap_or(pattern.len());
    before_star(other)
        .cmp(&before_star(one))
        .then(other.len().cmp(&one.len()))
}

/// Whether a part of a path stays in its package, also when its percent-encoding is undone.
fn is_inside(path: &str) -> bool {
    let decoded = path::percent_decode(path).unwrap_or_else(|| path.to_owned());
    decoded
        .split(['/', '\\'])
        .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case("node_modules"))
}
