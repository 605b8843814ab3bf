//! What a new process is: its executable, command line, user and unit, as far as rules ask for it.

use super::ProcessGroups;
use super::read::{Stat, unit, user_id, user_name};
use super::rules::Field;
use crate::files::Folder;

impl ProcessGroups {
    /// The name of the group by the first rule that matches. Reads no more than the rules ask for.
    pub(super) fn match_rules(
        &mut self,
        procfs: &Folder,
        pid: u32,
        stat: &Stat<'_>,
        users: &mut Option<String>,
    ) -> Option<String> {
        let needs = |field| self.rules.iter().any(|rule| rule.needs(field));
        let [exe, cmdline, user, unit_] =
            [Field::Exe, Field::Cmdline, Field::User, Field::Unit].map(needs);
        let comm = String::from_utf8_lossy(stat.comm);
        let mut arguments = String::new();
        if (cmdline || exe)
            && let Some(text) = self.text(procfs, pid, "cmdline")
        {
            arguments = String::from_utf8_lossy(text.bytes()).into_owned();
        }
        let arguments = arguments.trim_end_matches('\0');
        let path = if exe {
            // Only root may see where the link of another user's process leads to.
            let link = procfs.link(self.named(pid, "exe"));
            let path = link.map(|link| String::from_utf8_lossy(link.bytes()).into_owned());
            path.unwrap_or_else(|| arguments.split('\0').next().unwrap_or_default().to_owned())
        } else {
            String::new()
        };
        let path = path.strip_suffix(" (deleted)").unwrap_or(&path);
        let arguments = arguments.replace('\0', " ");
        let cgroup = if unit_ { self.text(procfs, pid, "cgroup") } else { None };
        let mut user_text = String::new();
        if user
            && let Some(id) =
                self.text(procfs, pid, "status").and_then(|text| user_id(text.bytes()))
        {
            let passwd = users.get_or_insert_with(|| {
                let path = self.host.root("etc/passwd".as_ref());
                std::fs::read_to_string(path).unwrap_or_default()
            });
            user_text = user_name(passwd, id).map_or_else(|| id.to_string(), str::to_owned);
        }
        let field = |field| match field {
            Field::Comm => &comm,
            Field::Exe => path,
            Field::Cmdline => arguments.as_str(),
            Field::User => user_text.as_str(),
            Field::Unit => cgroup.as_ref().map_or("", |text| unit(text.bytes())),
        };
        self.rules.iter().find_map(|rule| rule.group(field))
    }
}
