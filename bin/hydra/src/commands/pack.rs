//! `hydra pack`: makes the zip of a folder that is uploaded as one function, `node_modules` included.
//!
//! What goes into the zip is the affair of `hydra-package`. This file chooses where the zip goes, puts it there in one
//! step and says what was packed: on standard output, or on standard error where the zip itself goes to the former.

use std::{
    fmt, fs,
    fs::{File, Permissions},
    io::{self, IsTerminal, Seek, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;
use hydra_api::MAX_CODE;
use hydra_package::{PackReport, PackageError, pack_folder};
use hydra_types::Bytes;

use crate::advice::Advice;

/// Makes the zip of a folder that is uploaded as one function.
#[derive(Args, Debug)]
pub(crate) struct PackArgs {
    /// The function's folder: its files, package.json, node_modules.
    folder: PathBuf,
    /// Where to put the zip; - for standard output [default: FOLDER.zip beside the folder].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Packs the folder.
pub(crate) fn run(args: &PackArgs) -> Result<()> {
    let folder = real_folder(&args.folder)?;
    if args
        .output
        .as_deref()
        .is_some_and(|path| path == Path::new("-"))
    {
        return to_stdout(&folder);
    }
    let file = destination(&folder, args.output.as_deref())?;
    let packed = to_file(&folder, &file, MAX_CODE)?;
    write!(io::stdout(), "{}: {packed}", file.display()).context("cannot write to standard output")
}

/// What is in the zip, and how large that is.
#[derive(Debug)]
struct Packed {
    report: PackReport,
    zip_bytes: u64,
}

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PackReport {
            files,
            bytes,
            left_out,
        } = &self.report;
        let plural = if *files == 1 { "" } else { "s" };
        writeln!(
            f,
            "{files} file{plural}, {bytes} bytes, packed {} bytes",
            self.zip_bytes
        )?;
        left_out
            .iter()
            .try_for_each(|path| writeln!(f, "left out: {path}"))
    }
}

fn real_folder(folder: &Path) -> Result<PathBuf> {
    let real = fs::canonicalize(folder).with_context(|| {
        Advice::usage(
            format!("cannot pack {}", folder.display()),
            "name the folder that holds the function",
        )
    })?;
    if !real.is_dir() {
        return Err(Advice::usage(
            format!("{} is no folder", folder.display()),
            "a function of one file needs no packing: upload the file; else name the folder that holds it",
        )
        .into());
    }
    Ok(real)
}

/// The file that the zip becomes: outside of the folder, else the next zip would hold this one.
fn destination(folder: &Path, asked: Option<&Path>) -> Result<PathBuf> {
    let Some(asked) = asked else {
        return beside(folder);
    };
    let refused = |what: &str, hint: &str| -> Result<PathBuf> {
        Err(Advice::usage(format!("{} {what}", asked.display()), hint).into())
    };
    // A link is followed, so that it stays one.
    let file = match fs::canonicalize(asked) {
        Ok(there) if there.is_file() => there,
        Ok(_) => {
            return refused(
                "is there and is no plain file",
                "choose another with -o; -o - writes to standard output",
            );
        }
        Err(_) => {
            let Some(name) = asked.file_name() else {
                return refused("names no file", "name one with -o");
            };
            let above = asked
                .parent()
                .filter(|path| !path.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let above = fs::canonicalize(above).with_context(|| {
                Advice::usage(
                    format!("cannot write {}", asked.display()),
                    "make the folder for it first, or choose another with -o",
                )
            })?;
            above.join(name)
        }
    };
    if file.starts_with(folder) {
        return refused(
            "lies in the folder that is packed, so that the next zip would hold it",
            "choose a place outside with -o; without -o the zip goes beside the folder",
        );
    }
    Ok(file)
}

fn beside(folder: &Path) -> Result<PathBuf> {
    let mut name = folder
        .file_name()
        .with_context(|| Advice::usage("nothing lies beside /", "say where the zip goes with -o"))?
        .to_owned();
    name.push(".zip");
    let file = folder.with_file_name(name);
    if file.is_dir() {
        return Err(Advice::usage(
            format!("{} is a folder", file.display()),
            "say where the zip goes with -o",
        )
        .into());
    }
    Ok(file)
}

/// Puts the zip where it belongs, or leaves what is there.
fn to_file(folder: &Path, file: &Path, most: Bytes) -> Result<Packed> {
    let cannot_write = || {
        Advice::failed(
            format!("cannot write {}", file.display()),
            "choose another place with -o",
        )
    };
    let above = file.parent().with_context(cannot_write)?;
    let mut draft = tempfile::Builder::new()
        .prefix(".hydra-pack-")
        // Less what the user's mask takes away, as for any new file.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(above)
        .with_context(cannot_write)?;
    let packed = pack(folder, draft.as_file_mut(), most)?;
    draft.persist(file).with_context(cannot_write)?;
    Ok(packed)
}

fn to_stdout(folder: &Path) -> Result<()> {
    let mut stdout = io::stdout().lock();
    if stdout.is_terminal() {
        return Err(Advice::usage(
            "a zip does not belong on a terminal",
            "send standard output to a file or a program, or name a file with -o",
        )
        .into());
    }
    // A zip's writer goes back and forth.
    let mut zip = tempfile::tempfile().context("cannot make a temporary file")?;
    let packed = pack(folder, &mut zip, MAX_CODE)?;
    zip.rewind()
        .and_then(|()| io::copy(&mut zip, &mut stdout))
        .and_then(|_| stdout.flush())
        .context("cannot write to standard output")?;
    eprint!("{packed}");
    Ok(())
}

fn pack(folder: &Path, zip: &mut File, most: Bytes) -> Result<Packed> {
    let report = pack_folder(folder, &mut *zip).map_err(|error| advised(folder, error))?;
    if report.files == 0 {
        return Err(Advice::usage(
            format!("{} has no file to pack", folder.display()),
            "name the folder that holds the function",
        )
        .into());
    }
    let zip_bytes = zip
        .metadata()
        .context("cannot see how large the zip is")?
        .len();
    if zip_bytes > most.0 {
        return Err(Advice::failed(
            format!(
                "the zip of {} has {zip_bytes} bytes, and a function's code at most {}",
                folder.display(),
                most.0
            ),
            "leave out what the function does not need: npm install --omit=dev",
        )
        .into());
    }
    Ok(Packed { report, zip_bytes })
}

fn advised(folder: &Path, error: PackageError) -> anyhow::Error {
    let hint = error
        .hint()
        .unwrap_or("see that every file in it can be read, and that there is room on the disk")
        .to_owned();
    let what = format!("cannot pack {}", folder.display());
    anyhow::Error::new(error).context(Advice::failed(what, hint))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: PackArgs,
    }

    /// A folder `app` with a file and some clutter, in a folder of its own.
    fn place() -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let app = fs::canonicalize(place.path()).unwrap().join("app");
        fs::create_dir_all(app.join(".git")).unwrap();
        fs::write(app.join(".git/config"), "no").unwrap();
        fs::write(app.join("index.js"), "main").unwrap();
        (place, app)
    }

    fn hydra_pack(words: &[&Path]) -> Result<()> {
        let program = Path::new("pack");
        let words = std::iter::once(&program).chain(words);
        run(&Cli::parse_from(words.map(|word| word.as_os_str())).args)
    }

    #[test]
    fn the_zip_goes_beside_the_folder_or_where_it_was_asked_for() {
        let (_place, app) = place();
        let packed = app.with_file_name("app.zip");
        hydra_pack(&[&app]).unwrap();
        let bytes = fs::read(&packed).unwrap();
        assert!(bytes.starts_with(b"PK"));
        let other = app.with_file_name("other.zip");
        hydra_pack(&[&app.join("."), Path::new("-o"), &other]).unwrap();
        assert_eq!(fs::read(&other).unwrap(), bytes);
        // Once more, over what is there, through a link that stays one.
        fs::write(&other, "old").unwrap();
        let link = app.with_file_name("link.zip");
        symlink("other.zip", &link).unwrap();
        hydra_pack(&[&app, Path::new("-o"), &link]).unwrap();
        assert_eq!(fs::read(&other).unwrap(), bytes);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // Drafts do not stay behind.
        let left = fs::read_dir(app.parent().unwrap()).unwrap().count();
        assert_eq!(left, 4);
    }

    #[test]
    fn what_was_packed_and_what_was_left_out_is_said() {
        let (_place, app) = place();
        let packed = to_file(&app, &app.with_file_name("x.zip"), MAX_CODE).unwrap();
        let size = fs::metadata(app.with_file_name("x.zip")).unwrap().len();
        assert_eq!(
            packed.to_string(),
            format!("1 file, 4 bytes, packed {size} bytes\nleft out: .git\n")
        );
    }

    #[test]
    fn what_cannot_be_packed_is_an_error_that_leaves_what_was_there() {
        let (_place, app) = place();
        let file = app.with_file_name("app.zip");
        fs::write(&file, "old").unwrap();
        let check = |folder: &Path, output: &Path, expected: &str| {
            let error = hydra_pack(&[folder, Path::new("-o"), output]).unwrap_err();
            let text = format!("{error:#}");
            assert!(text.contains(expected), "{text}");
            assert!(error.downcast_ref::<Advice>().is_some(), "{text}");
            assert_eq!(fs::read(&file).unwrap(), b"old", "{text}");
        };
        check(&app.with_file_name("gone"), &file, "cannot pack");
        check(&app.join("index.js"), &file, "is no folder");
        check(&app.join(".git/config"), &file, "is no folder");
        check(&app, &app.join("app.zip"), "lies in the folder");
        check(&app, &app.join(".git"), "is no plain file");
        check(&app, Path::new("/dev/null"), "is no plain file");
        check(&app, Path::new(".."), "is no plain file");
        check(
            &app,
            &app.with_file_name("gone").join("x.zip"),
            "cannot write",
        );
        fs::create_dir(app.with_file_name("empty")).unwrap();
        check(&app.with_file_name("empty"), &file, "no file to pack");
        symlink("/", app.join("root")).unwrap();
        check(&app, &file, "leads outside of the folder");
        fs::remove_file(app.join("root")).unwrap();
        let error = to_file(&app, &file, Bytes(10)).unwrap_err();
        assert!(error.to_string().contains("at most 10"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"old");
    }
}
