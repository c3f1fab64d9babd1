//! Fixes of findings, tried on a tree in memory. Each is proven by a check of the whole tree before it counts: what it was
//! to mend is gone, every file can still be read, and no error is there that was not there before.

mod refuse;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Edit, Finding, Fix, Report, fingerprints};
use crate::facts::Facts;
use crate::source::{FileId, Level, TreePath};
use crate::tree::{Tree, TreeFile};

/// More fixes than this are no work of a moment; another run goes on.
const MOST: usize = 500;

/// A tree with its findings mended.
pub struct Mended {
    /// The tree.
    pub tree: Tree,
    /// Its files that changed, in order.
    pub changed: BTreeSet<TreePath>,
    /// What was mended.
    pub applied: Vec<Tried>,
    /// What was not, and why.
    pub refused: Vec<Tried>,
    /// The facts of the tree as it is now.
    pub facts: Facts,
    /// What is found in it now.
    pub report: Report,
}

/// A fix that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The rule.
    pub rule: &'static str,
    /// The file of the finding, and its line (from 1) when the fix was tried.
    pub path: String,
    /// The line.
    pub line: usize,
    /// What it does.
    pub title: String,
    /// Whether it is safe.
    pub is_safe: bool,
    /// Why it was refused.
    pub reason: Option<&'static str>,
}

/// Mends what can be mended; what is unsafe only where that is asked. `check` says what is found in a tree.
pub fn mend(tree: &Tree, also_unsafe: bool, mut check: impl FnMut(&Tree) -> (Facts, Report)) -> Mended {
    let (facts, report) = check(tree);
    let mut mended = Mended {
        tree: tree.clone(),
        changed: BTreeSet::new(),
        applied: Vec::new(),
        refused: Vec::new(),
        facts,
        report,
    };
    let mut given_up: BTreeSet<String> = BTreeSet::new();
    while mended.applied.len() < MOST
        && let Some((at, fingerprint)) = mended.next(also_unsafe, &given_up)
    {
        let Some((finding, fix)) = mended.report.findings.get(at).and_then(|it| Some((it, it.fix.as_ref()?))) else {
            break;
        };
        let file = mended.facts.texts.sources.get(finding.primary.span.file);
        let mut tried = Tried {
            rule: finding.rule,
            path: file.name.clone(),
            line: file.line_column(finding.primary.span.start as usize).0,
            title: fix.title.clone(),
            is_safe: fix.is_safe,
            reason: None,
        };
        match mended.attempt(finding, fix, &mut check) {
            Ok((tree, changed, facts, report)) => {
                mended.applied.push(tried);
                mended.changed.extend(changed);
                (mended.tree, mended.facts, mended.report) = (tree, facts, report);
            }
            Err(reason) => {
                tried.reason = Some(reason);
                mended.refused.push(tried);
                given_up.insert(fingerprint);
            }
        }
    }
    mended
}

type Attempt = (Tree, Vec<TreePath>, Facts, Report);

impl Mended {
    /// The first finding with a fix that was not given up.
    fn next(&self, also_unsafe: bool, given_up: &BTreeSet<String>) -> Option<(usize, String)> {
        let known = fingerprints(&self.facts, &self.report);
        let mut all = self.report.findings.iter().zip(known).enumerate();
        all.find_map(|(at, (finding, known))| {
            let fix = finding.fix.as_ref().filter(|fix| fix.is_safe || also_unsafe)?;
            (!fix.edits.is_empty() && !given_up.contains(&known)).then_some((at, known))
        })
    }

    fn attempt(
        &self,
        finding: &Finding,
        fix: &Fix,
        check: &mut impl FnMut(&Tree) -> (Facts, Report),
    ) -> Result<Attempt, &'static str> {
        let (tree, changed) = self.applied_to_tree(fix)?;
        let (facts, report) = check(&tree);
        let own = said(&self.facts, finding);
        let (before, after) = (counts(&self.facts, &self.report, false), counts(&facts, &report, false));
        if after.get(&own).unwrap_or(&0) >= before.get(&own).unwrap_or(&0) {
            return Err("the finding is still there after it");
        }
        let known = counts(&self.facts, &self.report, true);
        let worse = |(said, count): (&Said, &usize)| count > known.get(said).unwrap_or(&0);
        if counts(&facts, &report, true).iter().any(worse) {
            return Err("the tree has another error after it");
        }
        Ok((tree, changed, facts, report))
    }

    fn applied_to_tree(&self, fix: &Fix) -> Result<(Tree, Vec<TreePath>), &'static str> {
        let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in &fix.edits {
            by_file.entry(edit.span.file).or_default().push(edit);
        }
        let mut tree = self.tree.clone();
        let mut changed = Vec::new();
        for (file, mut edits) in by_file {
            edits.sort_by_key(|edit| edit.span);
            let source = self.facts.texts.sources.get(file);
            let known = self.tree.get(&source.name).filter(|known| known.content == source.text.as_bytes());
            let (Ok(path), Some(known)) = (TreePath::parse(&source.name), known) else {
                return Err("the file is no text of the tree");
            };
            if let Some(reason) = edits.iter().find_map(|edit| refuse::reason(&source.name, &source.text, edit)) {
                return Err(reason);
            }
            let mut text = String::with_capacity(source.text.len() + 64);
            let mut from = 0;
            for edit in edits {
                let between = source.text.get(from..edit.span.start as usize).ok_or("two of its edits overlap")?;
                text.push_str(between);
                text.push_str(&edit.text);
                from = edit.span.end as usize;
            }
            text.push_str(source.text.get(from..).unwrap_or_default());
            tree.insert(path.clone(), TreeFile { content: text.into_bytes(), mode: known.mode, origin: None });
            changed.push(path);
        }
        Ok((tree, changed))
    }
}

/// A rule, a file and what is said.
type Said = (&'static str, String, String);

fn said(facts: &Facts, finding: &Finding) -> Said {
    (finding.rule, facts.path(finding.primary.span).to_owned(), finding.message.clone())
}

fn counts(facts: &Facts, report: &Report, errors: bool) -> BTreeMap<Said, usize> {
    let mut counts = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| !errors || finding.level == Level::Error) {
        *counts.entry(said(facts, finding)).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{Mended, mend};
    use crate::check::{Edit, Fix, check};
    use crate::facts::Facts;
    use crate::source::{Span, TreePath};
    use crate::tree::{Tree, TreeFile};

    const COMPOSE: &str = "services:\n  proxy:\n    image: nginx:1.27\n    volumes: ['./a.conf:/etc/nginx/conf.d/a.conf']\n  app:\n    image: ghcr.io/a/app:1\n";

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            let file = TreeFile { content: text.as_bytes().to_vec(), mode: 0o640, origin: None };
            tree.insert(TreePath::parse(path).unwrap(), file);
        }
        tree
    }

    fn mended(files: &[(&str, &str)], also_unsafe: bool) -> Mended {
        let checked = |tree: &Tree| {
            let facts = Facts::of(tree);
            let report = check(&facts).confident();
            (facts, report)
        };
        let once = mend(&tree(files), also_unsafe, checked);
        let again = mend(&once.tree, also_unsafe, checked);
        assert!(again.changed.is_empty() && again.tree == once.tree, "the second run changed something");
        once
    }

    /// A file after what is mended, and why what is not was refused.
    fn file(path: &str, files: &[(&str, &str)], also_unsafe: bool) -> (String, Vec<&'static str>) {
        let mended = mended(files, also_unsafe);
        let text = mended.tree.get(path).unwrap().text().unwrap().to_owned();
        (text, mended.refused.iter().filter_map(|it| it.reason).collect())
    }

    #[test]
    fn a_slip_in_an_upstream_is_mended() {
        let nginx = "server {\n  location / { proxy_pass http://ap:80/; } # ap\n}\n";
        let (text, refused) = file("a.conf", &[("docker-compose.yml", COMPOSE), ("a.conf", nginx)], false);
        assert_eq!(text, nginx.replacen("ap:", "app:", 1));
        assert_eq!(refused, [""; 0]);
    }

    #[test]
    fn an_identical_directive_is_removed_with_its_line() {
        let nginx = "server {\n  server_tokens off;\n  listen 80;\n  server_tokens off;\n}\n";
        let (text, _) = file("a.conf", &[("docker-compose.yml", COMPOSE), ("a.conf", nginx)], false);
        assert_eq!(text, "server {\n  server_tokens off;\n  listen 80;\n}\n");
    }

    #[test]
    fn a_directive_that_says_something_else_stays() {
        let nginx = "server {\n  server_tokens off;\n  listen 80;\n  server_tokens on;\n}\n";
        assert_eq!(file("a.conf", &[("docker-compose.yml", COMPOSE), ("a.conf", nginx)], true).0, nginx);
    }

    #[test]
    fn a_comment_that_suppresses_nothing_goes() {
        let text = "services:\n  # estiba: ignore[pull-squatting] ours\n  app: { image: 'ghcr.io/a/app:1' } # estiba: ignore[tls-file-missing] x\n";
        let (text, _) = file("docker-compose.yml", &[("docker-compose.yml", text)], false);
        assert_eq!(text, "services:\n  app: { image: 'ghcr.io/a/app:1' }\n");
    }

    #[test]
    fn what_is_unsafe_waits_to_be_asked() {
        let text = "services:\n  db:\n    image: own-db:1 # ours\n  cache: { image: redis, ports: ['6379:6379'] }\n";
        let files = [("docker-compose.yml", text)];
        assert_eq!(file("docker-compose.yml", &files, false).0, text);
        let wanted = "services:\n  db:\n    image: own-db:1 # ours\n    pull_policy: never\n  cache: { image: redis, ports: ['127.0.0.1:6379:6379'] }\n";
        assert_eq!(file("docker-compose.yml", &files, true).0, wanted);
    }

    #[test]
    fn below_an_anchor_nothing_is_changed() {
        let text = "services:\n  a: &base\n    image: own:1\n  b:\n    <<: *base\n";
        let (after, refused) = file("docker-compose.yml", &[("docker-compose.yml", text)], true);
        assert_eq!(after, text);
        assert!(refused.iter().all(|reason| reason.contains("anchor")) && !refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn beside_a_variable_nothing_is_changed() {
        let text = "services:\n  a: { image: redis, ports: ['${PORT:-6379}:6379'] }\n  b: { image: redis, ports: ['6380:6379', '${X:-1}:2'] }\n";
        let (after, refused) = file("docker-compose.yml", &[("docker-compose.yml", text)], true);
        assert_eq!((after.as_str(), refused), (text, vec!["a variable stands on the line"]));
    }

    /// What becomes of one fix that a rule might propose.
    fn proposed(edits: &[(&str, &str, &str)]) -> Mended {
        let files = [("a.yml", "services:\n  app: { image: 'own:1' }\n"), ("b.yml", "# one\n")];
        mend(&tree(&files), true, |tree| {
            let facts = Facts::of(tree);
            let mut report = check(&facts);
            for finding in &mut report.findings {
                let edits = edits.iter().filter_map(|(path, from, to)| {
                    let (file, text) = facts.texts.get(path)?;
                    let at = text.find(from)?;
                    Some(Edit { span: Span::new(file, at, at + from.len()), text: (*to).to_owned() })
                });
                finding.fix = Some(Fix { title: "t".to_owned(), is_safe: true, edits: edits.collect() });
            }
            (facts, report)
        })
    }

    #[test]
    fn one_fix_may_touch_two_files_and_then_both_or_none() {
        let both = proposed(&[("a.yml", "own:1", "ghcr.io/a/own:1"), ("b.yml", "one", "two")]);
        assert_eq!(both.changed.len(), 2);
        let none = proposed(&[("a.yml", "own:1", "ghcr.io/a/own:1'"), ("b.yml", "one", "two")]);
        assert_eq!((none.changed.len(), none.refused[0].reason), (0, Some("the tree has another error after it")));
    }

    #[test]
    fn a_fix_that_mends_nothing_is_refused() {
        let none = proposed(&[("b.yml", "one", "two")]);
        assert_eq!((none.changed.len(), none.refused[0].reason), (0, Some("the finding is still there after it")));
    }
}
