use crate::support::Project;

/// Every command, found by asking each for its own commands.
fn commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while next < found.len() {
        let path: Vec<String> = found[next].clone();
        found.extend(listed(&help(&path)).into_iter().filter(|name| name != "help").map(|name| {
            let mut path = path.clone();
            path.push(name);
            path
        }));
        next += 1;
    }
    found
}

fn help(command: &[String]) -> String {
    let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    arguments.push("--help");
    Project::empty().run(&arguments).exits(0).stdout()
}

fn listed(help: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = below.take_while(|line| line.starts_with("  ")).filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_is_known() {
    let names: Vec<String> = commands().iter().map(|path| path.join(" ")).collect();
    for expected in
        ["", "init", "generate", "templates", "schema", "templates list", "templates show", "templates eject"]
    {
        assert!(names.iter().any(|name| name == expected), "{expected:?} is not in {names:?}");
    }
}

#[test]
fn each_has_an_example_of_itself() {
    for command in commands() {
        let help = help(&command);
        let example = help.split_once("Example").map(|(_, example)| example).unwrap_or_default();
        let own = format!("  estiba {}", command.first().map_or("", String::as_str));
        assert!(example.contains(&own), "`{}` has no example:\n{help}", command.join(" "));
    }
}

#[test]
fn the_exit_codes_are_told() {
    let text = help(&[]);
    assert!(text.contains("Exit codes: 0 nothing to report · 1 errors found, or refused · 2 wrong usage"), "{text}");
}
