//! What somebody outside of the server sees: pages over TLS, and the ports that answer.

use std::time::{Duration, Instant};

use estiba_core::rehearsal::{Page, Rehearsal};
use serde::{Deserialize, Serialize};

use super::Trouble;
use super::docker::last_line;
use super::person::Secrets;
use super::report::Asked;
use super::world::World;

const LIMIT: Duration = Duration::from_secs(60);
/// The secret behind the login of the admin pages.
const LOGIN: &str = "monitoring_auth_password";

/// What `ask.py` is given.
#[derive(Serialize)]
struct Question<'a> {
    secure: bool,
    host: &'a str,
    path: &'a str,
    user: Option<&'a str>,
    password: Option<&'a str>,
}

/// What `ask.py` prints.
#[derive(Deserialize)]
struct Answer {
    status: Option<u16>,
    detail: String,
}

/// Asks pages until each answers as it should, or the time is over; gives the last answers.
pub(super) fn ask_until(
    world: &World,
    rehearsal: &Rehearsal,
    secrets: &Secrets,
    pages: &[Page],
    patience: Duration,
) -> Result<Vec<Asked>, Trouble> {
    let began = Instant::now();
    loop {
        let asked = ask(world, rehearsal, secrets, pages)?;
        if asked.iter().all(|asked| asked.ok) || began.elapsed() > patience {
            return Ok(asked);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Asks each page once.
pub(super) fn ask(
    world: &World,
    rehearsal: &Rehearsal,
    secrets: &Secrets,
    pages: &[Page],
) -> Result<Vec<Asked>, Trouble> {
    let questions: Vec<Question> = pages
        .iter()
        .map(|page| Question {
            secure: page.secure,
            host: &page.host,
            path: &page.path,
            user: page.login.then_some(rehearsal.login.as_str()),
            password: if page.login { secrets.typed(LOGIN) } else { None },
        })
        .collect();
    let input = serde_json::to_vec(&questions).unwrap_or_default();
    let script = "/usr/local/lib/estiba/ask.py";
    let arguments = ["exec", "-i", &world.outside, "python3", script, &world.address];
    let answer = world.docker.give(&arguments, &input, LIMIT)?;
    let answers: Vec<Answer> = serde_json::from_slice(&answer.stdout)
        .map_err(|_| Trouble::environment(format!("pages cannot be asked: {}", last_line(&answer.stderr))))?;
    Ok(pages.iter().zip(answers).map(|(page, answer)| judge(page, &answer)).collect())
}

fn judge(page: &Page, answer: &Answer) -> Asked {
    let ok = page.expect.holds(answer.status);
    let status = answer.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let more = if answer.detail.is_empty() || (answer.status.is_none() && ok) {
        String::new()
    } else {
        format!(", {}", answer.detail)
    };
    let wanted = if ok { String::new() } else { format!("; expected {}", page.expect) };
    Asked { page: page.to_string(), ok, detail: format!("{status}{more}{wanted}") }
}

/// The ports that accept a connection from outside.
pub(super) fn ports(world: &World) -> Result<Vec<u16>, Trouble> {
    let arguments = ["exec", &world.outside, "python3", "/usr/local/lib/estiba/scan.py", &world.address];
    let answer = world.docker.give(&arguments, &[], LIMIT)?;
    if !answer.status.success() {
        return Err(Trouble::environment(format!("ports cannot be asked: {}", last_line(&answer.stderr))));
    }
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    Ok(text.lines().filter_map(|line| line.trim().parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use estiba_core::rehearsal::Expect;

    use super::*;

    #[test]
    fn a_wrong_answer_says_what_was_expected() {
        let page = Page {
            secure: true,
            host: "a.example".to_owned(),
            path: "/".to_owned(),
            login: false,
            expect: Expect::Status(401),
        };
        let asked = judge(&page, &Answer { status: Some(200), detail: String::new() });
        assert_eq!((asked.ok, asked.detail.as_str()), (false, "200; expected 401"));
        assert_eq!(judge(&page, &Answer { status: Some(401), detail: String::new() }).detail, "401");
    }
}
