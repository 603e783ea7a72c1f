//! Compiling a function's files while it loads, in a sandbox that is then thrown away: what a compiler leaves in
//! freed memory would otherwise be in the function's image.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hydra_package::{How, Kind};
use hydra_sandbox::{Failure, LoadError};

use super::{
    base::Base,
    guest::{Guest, eval},
    modules::{self, Modules, WRAPPED_FIRST_LINE},
    names::{Form, Name},
    refusal::Refusal,
    sandbox::Function,
    shim::value,
    workplace::Workplace,
};
use crate::core::Core;

/// All texts of one function together.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// The most modules that one function has.
const MAX_MODULES: usize = 20_000;

/// A file's code.
pub(super) struct Compiled {
    pub(super) bytecode: Vec<u8>,
    /// Of an ES module, the specifiers of what it imports.
    imports: Vec<String>,
}

/// Compiles for one function.
pub(crate) struct Compiler {
    core: Arc<Core>,
    modules: Arc<Modules>,
    place: Workplace,
    text_bytes: usize,
    /// By name, see [`super::names`]; CommonJS as `cjs:`, though here it is the file itself.
    compiled: HashMap<(String, Form), Arc<Compiled>>,
    /// Forms that had to be tried.
    forms: HashMap<String, Form>,
    /// ES modules that the function's sandbox has.
    given: HashSet<String>,
    /// Graphs that are being read, one within the other.
    graphs: usize,
}

impl Compiler {
    pub(super) fn new(
        core: &Arc<Core>,
        base: &Arc<Base>,
        function: &Function,
        modules: &Arc<Modules>,
    ) -> Result<Self, LoadError> {
        let mut place = Workplace::new(core, base, function)?;
        place.instance.store.data_mut().turn.recorded = Some(Vec::new());
        Ok(Self {
            core: Arc::clone(core),
            modules: Arc::clone(modules),
            place,
            text_bytes: 0,
            compiled: HashMap::new(),
            forms: HashMap::new(),
            given: HashSet::new(),
            graphs: 0,
        })
    }

    /// The form of a file: by its name where that tells, else the one that it compiles as. CommonJS is tried first.
    pub(super) fn form(&mut self, path: &str, kind: Kind) -> Result<Form, Refusal> {
        match kind {
            Kind::Module => return Ok(Form::Module),
            Kind::Json => return Ok(Form::Json),
            Kind::CommonJs if path.ends_with(".cjs") || path.ends_with(".cts") => {
                return Ok(Form::CommonJs);
            }
            Kind::CommonJs | Kind::Unknown => {}
            Kind::Native | Kind::Wasm | Kind::Text => return Err(modules::not_code(path, kind)),
        }
        if let Some(&form) = self.forms.get(path) {
            return Ok(form);
        }
        let form = match self.commonjs(path) {
            Ok(_) => Form::CommonJs,
            Err(as_script) if as_script.is_syntax() => match self.module(path) {
                Ok(_) => Form::Module,
                Err(as_module) => {
                    let text = self.modules.package()?.source(path)?;
                    let meant = modules::looks_like_module(&text);
                    return Err(if meant { as_module } else { as_script });
                }
            },
            Err(refusal) => return Err(refusal),
        };
        self.forms.insert(path.to_owned(), form);
        Ok(form)
    }

    /// Whether a file compiles in that form.
    pub(super) fn compiles(&mut self, path: &str, form: Form) -> Result<(), Refusal> {
        match form {
            Form::Module => self.module(path).map(drop),
            Form::CommonJs => self.commonjs(path).map(drop),
            Form::Json => Err(Refusal::new(
                "TypeError",
                format!("{path} is data and has no handler"),
            )),
        }
    }

    /// The wrapper function of a CommonJS file.
    pub(super) fn commonjs(&mut self, path: &str) -> Result<Arc<Compiled>, Refusal> {
        let key = (path.to_owned(), Form::CommonJs);
        if let Some(compiled) = self.compiled.get(&key) {
            return Ok(Arc::clone(compiled));
        }
        let text = modules::wrapped(&self.modules.package()?.source(path)?);
        self.compile(key, &text, eval::GLOBAL, WRAPPED_FIRST_LINE)
    }

    /// The ES module called `name`.
    fn module(&mut self, name: &str) -> Result<Arc<Compiled>, Refusal> {
        let key = (name.to_owned(), Form::Module);
        if let Some(compiled) = self.compiled.get(&key) {
            return Ok(Arc::clone(compiled));
        }
        let modules = Arc::clone(&self.modules);
        let text = self
            .run(async |guest| modules::module_text(guest, &modules, Name::parse(name)).await)??;
        let (text, first_line) = text.with_own_lines();
        self.compile(key, &text, eval::MODULE, first_line)
    }

    /// The main file as an ES module, for the function's sandbox, which has it from now on.
    pub(super) fn main(&mut self, path: &str) -> Result<Arc<Compiled>, Refusal> {
        self.given.insert(path.to_owned());
        self.module(path)
    }

    /// The names of every module that the one called `name` needs and that the function's sandbox has not been given:
    /// what is imported before what imports it, itself last.
    ///
    /// Asked while another graph is being read, only the module itself: the rest is in that graph.
    pub(super) fn graph(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        if self.given.contains(name) {
            return Ok(Vec::new());
        }
        self.module(name)?;
        if self.graphs > 0 {
            return Ok(vec![name.to_owned()]);
        }
        let mut order = Vec::new();
        let mut seen = HashSet::from([name.to_owned()]);
        let mut path = vec![(name.to_owned(), self.imports(name)?)];
        while let Some((name, imports)) = path.last_mut() {
            let Some(next) = imports.pop() else {
                order.push(std::mem::take(name));
                path.pop();
                continue;
            };
            if !self.given.contains(&next) && seen.insert(next.clone()) {
                let imports = self.imports(&next)?;
                path.push((next, imports));
            }
        }
        Ok(order)
    }

    /// What [`Self::graph`] named is being read.
    pub(super) fn begin_graph(&mut self) {
        self.graphs += 1;
    }

    /// What [`Self::graph`] named has been read.
    pub(super) fn end_graph(&mut self) {
        self.graphs = self.graphs.saturating_sub(1);
    }

    /// The code of the module called `name`, once: the function's sandbox has it from now on.
    pub(super) fn give(&mut self, name: &str) -> Option<Arc<Compiled>> {
        let compiled = self
            .compiled
            .get(&(name.to_owned(), Form::Module))
            .map(Arc::clone)?;
        self.given.insert(name.to_owned()).then_some(compiled)
    }

    /// The names of what the module called `name` imports, last first.
    fn imports(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        let compiled = self.module(name)?;
        let Name::File(path, Form::Module) = Name::parse(name) else {
            return Ok(Vec::new());
        };
        let modules = Arc::clone(&self.modules);
        let mut names = Vec::new();
        for specifier in compiled.imports.iter().rev() {
            // What is not found is told when it is linked, by the one who asks for it.
            if let Ok(found) = modules.resolve(specifier, path, How::Import, Some(self)) {
                names.push(found.name());
            }
        }
        Ok(names)
    }

    fn compile(
        &mut self,
        key: (String, Form),
        text: &str,
        flags: i32,
        first_line: i32,
    ) -> Result<Arc<Compiled>, Refusal> {
        self.text_bytes = self.text_bytes.saturating_add(text.len());
        if self.text_bytes > MAX_TEXT_BYTES || self.compiled.len() >= MAX_MODULES {
            return Err(Refusal::new(
                "Error",
                format!(
                    "the function loads more than {} MiB of source text or {MAX_MODULES} modules; bundle it",
                    MAX_TEXT_BYTES >> 20
                ),
            ));
        }
        let roots = self.modules.base.roots;
        let name = key.0.clone();
        let bytecode = self.run(async |guest| {
            let compiled = guest
                .eval(text, &name, flags | eval::COMPILE_ONLY, first_line)
                .await?;
            if compiled == value::EXCEPTION {
                guest.fail(&roots).await?;
                return Ok(Vec::new());
            }
            let bytecode = guest.write_bytecode(compiled).await?;
            // A module stays: the interpreter lists it.
            if flags == eval::GLOBAL {
                let () = guest
                    .call("JS_FreeValue", (guest.context, compiled))
                    .await?;
            }
            Ok(bytecode)
        })?;
        let recorded = &mut self.place.instance.store.data_mut().turn.recorded;
        let imports = recorded.replace(Vec::new()).unwrap_or_default();
        if let Some(failure) = self.place.failure() {
            return Err(syntax(failure));
        }
        let compiled = Arc::new(Compiled { bytecode, imports });
        self.compiled.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    fn run<R>(
        &mut self,
        work: impl AsyncFnOnce(&mut Guest<'_>) -> wasmtime::Result<R>,
    ) -> Result<R, Refusal> {
        let base = Arc::clone(&self.modules.base);
        self.place
            .run(&self.core, &base, work)
            .map_err(|error| Refusal::new("Error", format!("while compiling: {error}")))
    }
}

/// A compiler's complaint with its place.
fn syntax(failure: Failure) -> Refusal {
    let Failure::Handler {
        error_type,
        message,
        stack,
    } = failure
    else {
        return Refusal::new("Error", failure.to_string());
    };
    let place = place(&message, &stack);
    Refusal::new(&error_type, message + &place)
}

/// The place of a syntax error, to stand behind its message; empty where the message has one.
pub(super) fn place(message: &str, stack: &[String]) -> String {
    match stack.first() {
        Some(frame) if !message.ends_with(')') => {
            format!(" ({})", frame.trim_start_matches("at "))
        }
        _ => String::new(),
    }
}
