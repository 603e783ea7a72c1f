//! Modules of a function: what `require`, `import` and linking ask the host.
//!
//! ```text
//! require(x) ──► RESOLVE ─► BYTECODE (while loading) or SOURCE (later) ─► run
//! import x   ──► host_module_normalize ─► the graph, compiled and read, while loading
//!                        └──────────────► host_module_load: source text, later
//! ```
//!
//! While a function loads, a [`Compiler`] makes bytecode elsewhere, so that what a compiler leaves behind is not in
//! the function's image. Later there is none: what is loaded for the first time in a call is compiled by the sandbox
//! itself, under its limits.

use std::sync::Arc;

use bytes::Bytes as Buffer;
use hydra_package::{
    How, Kind, Package, PackageError, ResolveError, Resolved, SourceError, StoredPackage,
};
use serde_json::json;
use wasmtime::{Caller, Linker};

use super::{
    base::Base,
    compiler::Compiler,
    guest::{Guest, eval},
    names::{self, Form, IMPORTER, Name},
    ops::Reply,
    refusal::Refusal,
    shim::value,
};
use crate::state::State;

/// Operations; the same numbers as in guests/javascript/library/modules.js.
pub(super) mod op {
    pub(in super::super) const RESOLVE: i32 = 25;
    pub(in super::super) const BYTECODE: i32 = 26;
    pub(in super::super) const SOURCE: i32 = 27;
    pub(in super::super) const TEXT: i32 = 28;
    pub(in super::super) const IMPORTER: i32 = 29;
}

/// The modules of one function.
pub(crate) struct Modules {
    pub(super) base: Arc<Base>,
    package: StoredPackage,
}

impl Modules {
    pub(super) fn new(base: &Arc<Base>, package: StoredPackage) -> Self {
        Self {
            base: Arc::clone(base),
            package,
        }
    }

    pub(super) fn open_package(&self) -> Result<Package, PackageError> {
        self.package.open()
    }

    pub(super) fn package(&self) -> Result<Package, Refusal> {
        Ok(self.package.open()?)
    }

    /// Lets go of what can be read again from disk.
    pub(super) fn forget(&self) {
        self.package.forget();
    }

    fn is_builtin(&self, name: &str) -> bool {
        self.base.builtins.contains_key(name)
    }

    /// What `specifier` in the module `from` means; the compiler, where there is one, tells the form.
    pub(super) fn resolve(
        &self,
        specifier: &str,
        from: &str,
        how: How,
        compiler: Option<&mut Compiler>,
    ) -> Result<Found, Refusal> {
        let package = self.package()?;
        let from = if from.starts_with('/') { from } else { "/" };
        let resolved = package.resolve(specifier, from, how, &|name| self.is_builtin(name))?;
        Ok(match resolved {
            Resolved::Builtin(name) => Found::Builtin(name),
            Resolved::File { path, kind } => {
                let form = match compiler {
                    Some(compiler) => compiler.form(&path, kind)?,
                    None => form(&package, &path, kind)?,
                };
                Found::File(path, form)
            }
        })
    }

    /// The name, among the interpreter's modules, of what `specifier` in the module called `base` means.
    fn import(
        &self,
        specifier: &str,
        base: &str,
        compiler: Option<&mut Compiler>,
    ) -> Result<String, Refusal> {
        if base == IMPORTER {
            return Ok(specifier.to_owned());
        }
        let found = match Name::parse(base) {
            Name::File(path, _) => self.resolve(specifier, path, How::Import, compiler)?,
            Name::Builtin(_) => self.resolve(specifier, "/", How::Import, compiler)?,
        };
        Ok(found.name())
    }

    /// The text of the module called `name`; `None` where it needs to be asked what it exports.
    fn text(&self, name: Name<'_>) -> Result<Option<ModuleText>, Refusal> {
        match name {
            Name::File(path, Form::Module) => {
                let text = self.package()?.source(path)?;
                let head = text.contains("import.meta").then(|| names::meta(path));
                Ok(Some(ModuleText { head, text }))
            }
            Name::File(_, Form::Json) => Ok(Some(names::facade(name, &[]).into())),
            Name::Builtin(builtin) => {
                let exports = self.base.builtins.get(builtin).ok_or_else(|| {
                    Refusal::new("Error", format!("No such built-in module: node:{builtin}"))
                        .code("ERR_UNKNOWN_BUILTIN_MODULE")
                })?;
                Ok(Some(names::facade(name, exports).into()))
            }
            Name::File(_, Form::CommonJs) => Ok(None),
        }
    }
}

/// The text of a module, and what stands in front of it that is not the user's.
pub(super) struct ModuleText {
    head: Option<String>,
    text: String,
}

impl From<String> for ModuleText {
    fn from(text: String) -> Self {
        Self { head: None, text }
    }
}

impl ModuleText {
    /// To compile, and the line that it begins with, so that no place in the user's text shifts.
    pub(super) fn with_own_lines(self) -> (String, i32) {
        match self.head {
            Some(head) => (format!("{head}\n\n{}", self.text), WRAPPED_FIRST_LINE),
            None => (self.text, 1),
        }
    }

    /// For the interpreter itself to compile, which begins with line 1.
    fn on_one_line(self) -> String {
        self.head.unwrap_or_default() + &self.text
    }
}

/// What a specifier means.
pub(super) enum Found {
    Builtin(String),
    File(String, Form),
}

impl Found {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Builtin(name) => Name::Builtin(name).render(),
            Self::File(path, form) => Name::File(path, *form).render(),
        }
    }
}

/// The form of a file without trying it: by its name, else by how its lines begin.
pub(super) fn form(package: &Package, path: &str, kind: Kind) -> Result<Form, Refusal> {
    match kind {
        Kind::Module => Ok(Form::Module),
        Kind::Json => Ok(Form::Json),
        Kind::CommonJs | Kind::Unknown => {
            let module = !path.ends_with(".cjs") && looks_like_module(&package.source(path)?);
            Ok(if module { Form::Module } else { Form::CommonJs })
        }
        Kind::Native | Kind::Wasm | Kind::Text => Err(not_code(path, kind)),
    }
}

/// Why a file of this kind is no module.
pub(super) fn not_code(path: &str, kind: Kind) -> Refusal {
    let reason = match kind {
        Kind::Native => {
            "is a native addon, and no native code runs in a sandbox; use a package in plain JavaScript"
        }
        Kind::Wasm => {
            "is WebAssembly, which JavaScript functions cannot load; register it with runtime=wasm"
        }
        _ => "is not JavaScript; read it with node:fs",
    };
    Refusal::new("Error", format!("{path} {reason}")).code("ERR_UNKNOWN_FILE_EXTENSION")
}

/// Whether a line begins as only lines of ES modules do.
pub(super) fn looks_like_module(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let starts = |word: &str| {
            line.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with([' ', '{', '*', '\'', '"', '\t']))
        };
        starts("export") || starts("import")
    })
}

/// The wrapper that makes a CommonJS text a function. Its head has lines of its own, so that no place in the text
/// shifts; two of them, since the interpreter takes 0 for no line at all.
pub(super) fn wrapped(source: &str) -> String {
    const HEAD: &str = "(function (exports, require, module, __filename, __dirname) {\n\n";
    // Of a plain script, functions called like a handler count as exports.
    const TAIL: &str = "
return { handler: typeof handler === 'function' ? handler : undefined,
    main: typeof main === 'function' ? main : undefined,
    handle: typeof handle === 'function' ? handle : undefined };
})";
    format!("{HEAD}{source}{TAIL}")
}

/// The line that a wrapped text begins with.
pub(super) const WRAPPED_FIRST_LINE: i32 = -1;

/// Serves what `require` asks.
pub(super) fn operate(state: &mut State, operation: i32, given: &[u8]) -> Result<Reply, Refusal> {
    let turn = &mut state.turn;
    if operation == op::BYTECODE
        && let Some(rehearsed) = turn.rehearsal.take()
    {
        return Ok(Reply::Bytes(rehearsed));
    }
    let Some(modules) = turn.facts.modules.clone() else {
        return Err(Refusal::new("Error", "there are no modules here"));
    };
    let text = std::str::from_utf8(given)
        .map_err(|_| Refusal::new("TypeError", "the name of a module is no text"))?;
    match operation {
        op::RESOLVE => resolve(&modules, turn.compiler.as_deref_mut(), text),
        op::BYTECODE => match turn.compiler.as_deref_mut() {
            Some(compiler) => Ok(Reply::Bytes(Buffer::from_owner(Bytecode(
                compiler.commonjs(text)?,
            )))),
            None => Ok(Reply::Nothing),
        },
        op::SOURCE => {
            // While loading, this is asked for where there was no bytecode: so the compiler's word counts.
            if let Some(compiler) = turn.compiler.as_deref_mut() {
                compiler.commonjs(text)?;
            }
            let source = modules.package()?.source(text)?;
            Ok(Reply::source(
                &wrapped(&source),
                text,
                eval::GLOBAL,
                WRAPPED_FIRST_LINE,
            ))
        }
        op::TEXT => Ok(Reply::Bytes(
            modules.package()?.read(text)?.unwrap_or_default(),
        )),
        _ => {
            let (name, id): (String, u64) = malformed(serde_json::from_str(text))?;
            Ok(Reply::source(
                &names::importer(&name, id),
                IMPORTER,
                eval::MODULE,
                1,
            ))
        }
    }
}

struct Bytecode(Arc<super::compiler::Compiled>);

impl AsRef<[u8]> for Bytecode {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytecode
    }
}

fn malformed<T>(parsed: serde_json::Result<T>) -> Result<T, Refusal> {
    parsed.map_err(|_| Refusal::new("TypeError", "malformed question about a module"))
}

fn resolve(
    modules: &Modules,
    compiler: Option<&mut Compiler>,
    question: &str,
) -> Result<Reply, Refusal> {
    let parts: Vec<String> = malformed(serde_json::from_str(question))?;
    let [specifier, from, how @ ..] = parts.as_slice() else {
        return Err(Refusal::new(
            "TypeError",
            "malformed question about a module",
        ));
    };
    let how = if how.is_empty() {
        How::Require
    } else {
        How::Import
    };
    let answer = match modules.resolve(specifier, from, how, compiler)? {
        Found::Builtin(name) => json!({ "path": name, "kind": "builtin" }),
        Found::File(path, form) => json!({ "path": path, "kind": form.as_str() }),
    };
    Ok(Reply::Bytes(answer.to_string().into()))
}

// ---- linking ---------------------------------------------------------------------------------------------------

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.func_wrap_async(
        "env",
        "host_module_normalize",
        |mut caller: Caller<'_, State>, (base, name): (i32, i32)| {
            Box::new(async move { normalize(&mut caller, base, name).await })
        },
    )?;
    linker.func_wrap_async(
        "env",
        "host_module_load",
        |mut caller: Caller<'_, State>, (name, length): (i32, i32)| {
            Box::new(async move { load(&mut caller, name, length).await })
        },
    )?;
    Ok(())
}

/// From the name of a module and a specifier in it to the name of another, in memory that the caller frees; 0 with
/// an exception pending where there is none.
async fn normalize(caller: &mut Caller<'_, State>, base: i32, name: i32) -> wasmtime::Result<i32> {
    let Some(modules) = caller.data().turn.facts.modules.clone() else {
        return Ok(0);
    };
    let mut guest = Guest::calling(caller, &modules.base.roots)?;
    let (Some(base), Some(specifier)) = (guest.text_at(base), guest.text_at(name)) else {
        return Ok(0);
    };
    if let Some(recorded) = &mut guest.state().turn.recorded {
        recorded.push(specifier.clone());
        return guest.place(specifier.as_bytes()).await;
    }
    let mut compiler = guest.state().turn.compiler.take();
    let found = modules.import(&specifier, &base, compiler.as_deref_mut());
    guest.state().turn.compiler = compiler;
    let name = match found {
        Ok(name) => name,
        Err(refusal) => return throw(&mut guest, &modules, &refusal).await,
    };
    match read_graph(&mut guest, &name).await? {
        Ok(true) => guest.place(name.as_bytes()).await,
        Ok(false) => Ok(0),
        Err(refusal) => throw(&mut guest, &modules, &refusal).await,
    }
}

/// While a function loads: reads the module called `name`, and what it imports before it, into the sandbox, unless
/// they are there. Returns whether the guest could; an exception is pending where it could not.
///
/// Reading a module links it, which asks for what it imports; so those that are imported come first, and only
/// modules that import each other are read while another is being read.
async fn read_graph(guest: &mut Guest<'_>, name: &str) -> wasmtime::Result<Result<bool, Refusal>> {
    let Some(compiler) = guest.state().turn.compiler.as_deref_mut() else {
        return Ok(Ok(true));
    };
    let names = match compiler.graph(name) {
        Ok(names) => names,
        Err(refusal) => return Ok(Err(refusal)),
    };
    compiler.begin_graph();
    let mut readable = true;
    for name in names {
        let compiler = guest.state().turn.compiler.as_deref_mut();
        let Some(module) = compiler.and_then(|compiler| compiler.give(&name)) else {
            continue;
        };
        let read = Box::pin(guest.read_bytecode(&module.bytecode)).await?;
        if read == value::EXCEPTION {
            readable = false;
            break;
        }
    }
    if let Some(compiler) = guest.state().turn.compiler.as_deref_mut() {
        compiler.end_graph();
    }
    Ok(Ok(readable))
}

/// The text of the module called `name`, in memory that the caller frees, its length stored at `length`.
async fn load(caller: &mut Caller<'_, State>, name: i32, length: i32) -> wasmtime::Result<i32> {
    let Some(modules) = caller.data().turn.facts.modules.clone() else {
        return Ok(0);
    };
    let mut guest = Guest::calling(caller, &modules.base.roots)?;
    let Some(name) = guest.text_at(name) else {
        return Ok(0);
    };
    let text = if guest.state().turn.recorded.is_some() {
        // What it imports is nothing to a module that is only being compiled.
        String::new()
    } else {
        match module_text(&mut guest, &modules, Name::parse(&name)).await? {
            Ok(text) => text.on_one_line(),
            Err(refusal) => return throw(&mut guest, &modules, &refusal).await,
        }
    };
    let place = guest.place(text.as_bytes()).await?;
    let start = length.cast_unsigned() as usize;
    let bytes = i32::try_from(text.len())?.to_le_bytes();
    if let Some(word) = guest.memory_mut().get_mut(start..start + 4) {
        word.copy_from_slice(&bytes);
    }
    Ok(place)
}

/// The text of a module, the guest being asked what CommonJS exports.
pub(super) async fn module_text(
    guest: &mut Guest<'_>,
    modules: &Modules,
    name: Name<'_>,
) -> wasmtime::Result<Result<ModuleText, Refusal>> {
    match modules.text(name) {
        Ok(Some(text)) => Ok(Ok(text)),
        Err(refusal) => Ok(Err(refusal)),
        Ok(None) => {
            let Name::File(path, _) = name else {
                return Ok(Ok(names::facade(name, &[]).into()));
            };
            let exports = exports_of(guest, modules, path).await?;
            Ok(exports.map(|exports| names::facade(name, &exports).into()))
        }
    }
}

/// Files that are followed to find out what one exports.
const MAX_REEXPORTS: usize = 256;

/// The names that a CommonJS file seems to export, with those of the files that it passes on.
async fn exports_of(
    guest: &mut Guest<'_>,
    modules: &Modules,
    path: &str,
) -> wasmtime::Result<Result<Vec<String>, Refusal>> {
    #[derive(serde::Deserialize)]
    struct Told {
        exports: Vec<String>,
        reexports: Vec<String>,
    }
    let mut names = std::collections::BTreeSet::new();
    let mut seen = vec![path.to_owned()];
    let mut next = 0;
    while let Some(path) = seen.get(next).cloned() {
        next += 1;
        let source = match modules
            .package()
            .and_then(|package| Ok(package.source(&path)?))
        {
            Ok(source) => source,
            // What it passes on fails when it is loaded, with a better error.
            Err(_) if next > 1 => continue,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let source = guest.string(&source).await?;
        let told = guest
            .apply(modules.base.roots.exports_of, &[source])
            .await?;
        let told = guest.text(told).await?;
        let Ok(Told { exports, reexports }) = serde_json::from_str(&told) else {
            continue;
        };
        names.extend(exports);
        for specifier in reexports {
            match modules.resolve(&specifier, &path, How::Require, None) {
                Ok(Found::Builtin(name)) => {
                    names.extend(
                        modules
                            .base
                            .builtins
                            .get(&name)
                            .into_iter()
                            .flatten()
                            .cloned(),
                    );
                }
                Ok(Found::File(path, Form::CommonJs))
                    if seen.len() < MAX_REEXPORTS && !seen.contains(&path) =>
                {
                    seen.push(path);
                }
                _ => {}
            }
        }
    }
    Ok(Ok(names.into_iter().collect()))
}

/// Makes `refusal` the pending exception.
async fn throw(
    guest: &mut Guest<'_>,
    modules: &Modules,
    refusal: &Refusal,
) -> wasmtime::Result<i32> {
    let why = guest.string(&refusal.to_value().to_string()).await?;
    let error = guest.apply(modules.base.roots.refusal, &[why]).await?;
    if error != value::EXCEPTION {
        let context = guest.context;
        let _: i64 = guest.call("JS_Throw", (context, error)).await?;
    }
    Ok(0)
}

impl From<PackageError> for Refusal {
    fn from(error: PackageError) -> Self {
        let hint = error
            .hint()
            .map(|hint| format!("; {hint}"))
            .unwrap_or_default();
        Self::new("Error", format!("{error}{hint}"))
    }
}

impl From<ResolveError> for Refusal {
    fn from(error: ResolveError) -> Self {
        let hint = error
            .hint
            .map(|hint| format!("; {hint}"))
            .unwrap_or_default();
        Self::new("Error", format!("{}{hint}", error.message)).code(error.code)
    }
}

impl From<SourceError> for Refusal {
    fn from(error: SourceError) -> Self {
        let hint = error
            .hint()
            .map(|hint| format!("; {hint}"))
            .unwrap_or_default();
        let (name, code) = match error {
            SourceError::Syntax { .. } | SourceError::NotText { .. } => {
                ("SyntaxError", "ERR_INVALID_SOURCE")
            }
            SourceError::Missing { .. } => ("Error", "MODULE_NOT_FOUND"),
            _ => ("Error", "ERR_INVALID_PACKAGE"),
        };
        Self::new(name, format!("{error}{hint}")).code(code)
    }
}
