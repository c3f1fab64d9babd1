//! Functions of `scripts/lib/` whose meaning is plainer than what they do: the whole list.

use super::Text;
use super::effect::EffectKind;
use super::run::{Flow, Run, Status};
use super::text::has_hole;
use super::value::Field;

impl<'a> Run<'a, '_> {
    /// `None`: the function is entered like any other.
    pub(super) fn known_function(&mut self, name: &str, arguments: &[Field<'a>]) -> Option<Flow> {
        let argument =
            |number: usize| arguments.get(number).map_or_else(Text::unknown, |field| Text::from(&field.text));
        match name {
            // Sentences for people: nothing in them changes a server.
            "say" | "warn" | "step_begin" | "step_done" | "journal_note" | "hangup_safe" | "next_command"
            | "report_failure" | "show_last_lines" => {}
            // They wait for what runs, and show its last lines where it does not come.
            "wait_healthy" | "wait_for_docker" | "show_failed" => {}
            // They look something up that only a server knows: an image in whatever store Docker has, a container, a
            // certificate.
            "text"
            | "image_config_digest"
            | "image_id"
            | "seen_image_id"
            | "seen_config_digest"
            | "config_digest_of"
            | "containers_of"
            | "certificate_serial"
            | "served_serial" => self.print_unknown(),
            "image_name" | "release_image" => {
                self.print(image_name(&argument(0).0));
                if name == "release_image" {
                    self.print(":estiba-");
                    // The release is the one that runs, or the second argument.
                    match arguments.get(1) {
                        Some(release) if !release.text.is_empty() && !has_hole(&release.text) => {
                            self.print(&release.text);
                        }
                        _ => self.print_unknown(),
                    }
                }
                self.print("\n");
            }
            "die" | "usage_error" => return Some(Flow::Exit),
            // Standard input becomes PATH through a temporary file and a rename.
            "write_file_atomically" => self.write(argument(0)),
            // Done by a temporary link and a rename.
            "switch_link" => self.effect(EffectKind::Link { path: argument(0), target: argument(1) }),
            // Afterwards the folder is there, whether or not it was.
            "make_directory" => self.effect(EffectKind::MakeDirectory { path: argument(0) }),
            // A signal to a container that only a run can name.
            "nginx_reload" => self.effect(EffectKind::NginxReload),
            // It reads the server's state; what is looked at is one mode at a time.
            "current_mode" => {
                let mode = self.mode;
                self.print(mode);
                self.print("\n");
            }
            _ => return None,
        }
        Some(Flow::Next(if matches!(name, "nginx_reload") { Status::Maybe } else { Status::Done }))
    }
}

/// A reference without tag and digest; a port of a registry is no tag.
fn image_name(reference: &str) -> &str {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    }
}
