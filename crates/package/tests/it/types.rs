//! Blanking types.

use hydra_package::strip_types;

#[test]
fn types_go_and_every_position_stays() {
    for (source, expected) in [
        ("let x: number = 1;", "let x         = 1;"),
        (
            "function f<T>(a: T, b?: string): T { return a as T; }",
            "function f   (a   , b         )    { return a     ; }",
        ),
        (
            "import type { A } from \"a\";\nimport { type B, c } from \"b\";",
            ";                          \nimport {         c } from \"b\";",
        ),
        (
            "interface A { b: string }\nexport const a = 1;",
            ";                        \nexport const a = 1;",
        ),
        (
            "class A { private x: number = 1; declare y: string; constructor(readonly_: string) {} }",
            "class A {         x         = 1;                    constructor(readonly_        ) {} }",
        ),
        ("const a = b!.c satisfies D;", "const a = b .c            ;"),
        ("type A = string;\n(1);", ";               \n(1);"),
        (
            "abstract class A<T> implements B { abstract c(): void; }",
            "         class A                 {                     }",
        ),
        (
            "declare const a: string; export {};",
            ";                        export {};",
        ),
        (
            "let é: string = `${1 as any}`;",
            "let é         = `${1       }`;",
        ),
    ] {
        let stripped = strip_types(source, "/a.ts").unwrap();
        assert_eq!(stripped, expected);
        let lengths = |text: &str| {
            text.lines()
                .map(|line| line.encode_utf16().count())
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(&stripped), lengths(source));
    }
}

#[test]
fn what_is_more_than_types_is_refused_by_name_and_place() {
    for (source, message, line, column) in [
        ("let a = 1;\n  enum E { A }", "enum", 2, 3),
        ("namespace N { export const a = 1; }", "namespace", 1, 1),
        (
            "class A {\n  constructor(private a: string) {}\n}",
            "parameter property",
            2,
            23,
        ),
        ("import a = require(\"a\");", "import equals", 1, 1),
        ("export = 1;", "export assignment", 1, 1),
        ("let a = <string>b;", "angle-bracket", 1, 9),
    ] {
        let problem = strip_types(source, "/a.ts").unwrap_err();
        assert!(problem.message.contains(message), "{source}: {problem:?}");
        assert_eq!(
            (problem.line, problem.column),
            (line, column),
            "{source}: {problem:?}"
        );
        assert!(problem.hint.unwrap().contains("tsc or esbuild"));
    }
    let problem = strip_types("@a class A {}", "/a.ts");
    assert!(problem.unwrap_err().hint.unwrap().contains("decorators"));
    let problem = strip_types("<a />", "/a.tsx").unwrap_err();
    assert!(problem.hint.unwrap().contains("tsc or esbuild"));
}

#[test]
fn a_syntax_error_says_where() {
    let problem = strip_types("let a = 1;\nlet é = ;\n", "/a.mts").unwrap_err();
    assert_eq!((problem.line, problem.column), (2, 9), "{problem:?}");
}

/// Were the stack too small, the process would end here.
#[test]
fn text_that_nests_without_end_is_read_or_refused() {
    let text = |before: &str, again: &str, after: &str| {
        format!("{before}{}{after}", again.repeat((900 << 10) / again.len()))
    };
    for (before, again, after) in [
        ("x=", "(", ""),
        ("x=", "[", "1"),
        ("", "{", ""),
        ("x=", "!", "1"),
        ("", "a=", "1"),
        ("x=", "a=>", "1"),
        ("x=", "a?b:", "1"),
        ("x=", "a+", "1"),
        ("x=a", ".b", ""),
        ("x=a", "()", ""),
        ("x=", "`${", ""),
        ("", "if(a)", "b"),
        ("", "do ", "a"),
        ("let x:a", "[]", ""),
        ("let x:", "(", "a"),
        ("x=a", " as b", ""),
        ("let x:", "{a:", "b"),
        ("x=", "class{a(){return ", "1"),
        ("x=", "function(){return ", "1"),
    ] {
        let _ = strip_types(&text(before, again, after), "/a.ts");
        let short = format!("{before}{}{after}", again.repeat(20_000));
        let _ = strip_types(&short, "/a.ts");
    }
}

#[test]
fn a_text_that_never_ends_is_refused_after_a_while() {
    let text = format!("x={}1", "a?(b):c=>".repeat(200));
    let problem = strip_types(&text, "/a.ts").unwrap_err();
    assert!(problem.message.contains("takes too long"), "{problem:?}");
    assert_eq!(strip_types("let a: b;", "/a.ts").unwrap(), "let a   ;");
}

#[test]
fn an_ordinary_file_of_half_a_megabyte_is_read() {
    let unit = "export function add(first: number, second: number): number {\n  // Adds (both).\n  return first + second;\n}\n";
    let text = unit.repeat((512 << 10) / unit.len());
    let stripped = strip_types(&text, "/a.ts").unwrap();
    assert_eq!(stripped.len(), text.len());
    assert!(!stripped.contains(": number"));
}
