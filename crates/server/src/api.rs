//! The table of routes: what is served and what `/openapi.json` says of it come from the same lines.

use axum::Router;
use axum::routing::MethodRouter;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::access::{Access, Scope};
use super::guard::Limit;
use super::problem;

/// Routes on the state `S`, with their description.
pub(super) struct Api<S> {
    router: Router<S>,
    described: Described,
}

/// The description of all routes.
pub(super) struct Described {
    paths: Map<String, Value>,
    schemas: SchemaGenerator,
    /// Which routes take more than a short JSON document, or more than a moment.
    pub limits: Vec<(&'static str, Limit)>,
    /// The callers that may use each operation: its method in capitals, its path.
    pub access: Vec<(&'static str, &'static str, Access)>,
}

/// One operation while it is described.
pub(super) struct Operation<'a> {
    schemas: &'a mut SchemaGenerator,
    value: Map<String, Value>,
    parameters: Vec<Value>,
    answers: Map<String, Value>,
    access: Option<Access>,
}

/// The method of an operation, as OpenAPI writes it.
#[derive(Clone, Copy)]
pub(super) enum Method {
    Get,
    Post,
    #[cfg(feature = "emulator")]
    Put,
    Delete,
}

/// A parameter of a path: its name, its form, and its meaning.
const PATH_PARAMETERS: &[(&str, &str, &str)] = &[
    #[cfg(feature = "emulator")]
    ("session", "^[0-9a-f]{32}$", "The session, as it was answered"),
    ("token", "^[A-Z0-9-]{1,10}$", "The token ID: 1 to 10 capital letters, digits or hyphens"),
    ("activation", "^[0-9a-f]{12}$", "The activation"),
    ("enrollment", "^[0-9a-f]{12}$", "The registration: the activation that it makes"),
    ("serial", "^[A-Za-z0-9._-]{1,32}$", "The serial number of the generator"),
    ("challenge", "^[0-9a-f]{12}-[0-9a-f]{24}$", "The challenge, as it was issued"),
    #[cfg(feature = "emulator")]
    ("button", "^(left|center|right)$", "The button"),
    #[cfg(feature = "emulator")]
    ("errand", "^[0-9]{1,19}$", "What was to be sent, as the scan named it"),
];

impl Described {
    pub fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        Self { paths: Map::new(), schemas: settings.into_generator(), limits: Vec::new(), access: Vec::new() }
    }

    /// The whole description of a service that has these `parts`.
    pub fn openapi(mut self, parts: &[&str], needs_key: bool) -> Value {
        let parts = parts.iter().map(|part| format!("{part}. ")).collect::<String>();
        let problem = self.schemas.subschema_for::<problem::Document>();
        let mut components = json!({
            "schemas": self.schemas.take_definitions(true),
            "responses": { "problem": {
                "description": "Nothing was decided, and this is why (RFC 9457)",
                "headers": {
                    "Content-Language": { "schema": { "enum": ["en", "ja"] } },
                },
                "content": { "application/problem+json": { "schema": problem } },
            } },
        });
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "camtoken",
                "version": env!("CARGO_PKG_VERSION"),
                "description": parts + "A refusal is an answer (200); a problem means that nothing was decided.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "paths": self.paths,
        });
        if needs_key {
            components["securitySchemes"] = json!({ "key": { "type": "http", "scheme": "bearer" } });
            document["security"] = json!([{ "key": [] }]);
            for (method, path, access) in &self.access {
                let security = match access {
                    Access::Open => json!([]),
                    Access::AnyCaller => continue,
                    Access::Scopes(scopes) => scopes.iter().map(|scope| json!({ "key": [scope.as_str()] })).collect(),
                };
                document["paths"][path][method.to_ascii_lowercase()]["security"] = security;
            }
        }
        document["components"] = components;
        document
    }
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    pub fn new(described: Described) -> Self {
        Self { router: Router::new(), described }
    }

    /// Adds one operation: `describe` says what `handler` does.
    pub fn add(
        mut self,
        method: Method,
        path: &'static str,
        handler: MethodRouter<S>,
        describe: impl FnOnce(Operation<'_>) -> Operation<'_>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.describe(method, path, describe)
    }

    /// Describes one more operation of a handler that has several.
    pub fn describe(
        mut self,
        method: Method,
        path: &'static str,
        describe: impl FnOnce(Operation<'_>) -> Operation<'_>,
    ) -> Self {
        let parameters = PATH_PARAMETERS.iter().filter(|(name, ..)| path.contains(&format!("{{{name}}}")));
        let parameters = parameters.map(|(name, pattern, what)| {
            json!({ "name": name, "in": "path", "required": true, "description": what,
                    "schema": { "type": "string", "pattern": pattern } })
        });
        let operation = Operation {
            parameters: parameters.collect(),
            schemas: &mut self.described.schemas,
            value: Map::new(),
            answers: Map::new(),
            access: None,
        };
        let (value, access) = describe(operation).finish();
        // A mistake in the table, which every start and every test meets.
        let access = access.unwrap_or_else(|| panic!("nothing says who may use {path}"));
        self.described.access.push((method.verb(), path, access));
        let item = self.described.paths.entry(path).or_insert_with(|| json!({}));
        item[method.name()] = value;
        self
    }

    /// Sets a limit of its own for the route added last.
    pub fn limit(mut self, path: &'static str, limit: Limit) -> Self {
        self.described.limits.push((path, limit));
        self
    }

    /// Gives the routes their state.
    pub fn finish(self, state: S) -> (Router, Described) {
        (self.router.with_state(state), self.described)
    }
}

impl Operation<'_> {
    /// Sets the summary of the operation, and its part of the page.
    pub fn summary(mut self, tag: &str, summary: &str) -> Self {
        self.value.insert("tags".to_owned(), json!([tag]));
        self.value.insert("summary".to_owned(), summary.into());
        self
    }

    /// Is for every caller, also without a key.
    pub fn open(mut self) -> Self {
        self.access = Some(Access::Open);
        self
    }

    /// Is for every authenticated caller, whatever its scopes.
    pub fn any_caller(mut self) -> Self {
        self.access = Some(Access::AnyCaller);
        self
    }

    /// Is for callers with one of these scopes.
    pub fn scopes(mut self, any_of: &'static [Scope]) -> Self {
        self.access = Some(Access::Scopes(any_of));
        self
    }

    /// Takes a JSON document.
    pub fn body<T: JsonSchema>(self) -> Self {
        let schema = self.schemas.subschema_for::<T>();
        self.body_of(true, json!({ "application/json": { "schema": schema } }))
    }

    /// Takes a JSON document, or nothing.
    #[cfg(feature = "emulator")]
    pub fn optional_body<T: JsonSchema>(self) -> Self {
        let schema = self.schemas.subschema_for::<T>();
        self.body_of(false, json!({ "application/json": { "schema": schema } }))
    }

    /// Takes a body of these kinds.
    pub fn body_of(mut self, required: bool, content: Value) -> Self {
        self.value.insert("requestBody".to_owned(), json!({ "required": required, "content": content }));
        self
    }

    /// Takes a parameter of the query.
    pub fn query(mut self, name: &str, what: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "description": what, "schema": schema }));
        self
    }

    /// Takes an Idempotency-Key.
    pub fn idempotent(mut self) -> Self {
        self.parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "description": "The caller's name for this request, such as a UUID: sent again it gets the same answer",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
        }));
        self
    }

    /// Answers with a JSON document.
    pub fn answer<T: JsonSchema>(self, status: u16, what: &str) -> Self {
        let schema = self.schemas.subschema_for::<T>();
        self.answer_of(status, what, json!({ "application/json": { "schema": schema } }))
    }

    /// Answers without a body.
    pub fn done(mut self, what: &str) -> Self {
        self.answers.insert("204".to_owned(), json!({ "description": what }));
        self
    }

    /// Answers with a body of these kinds.
    pub fn answer_of(mut self, status: u16, what: &str, content: Value) -> Self {
        self.answers.insert(status.to_string(), json!({ "description": what, "content": content }));
        self
    }

    /// Adds kinds of body to an answer.
    #[cfg(feature = "emulator")]
    pub fn and_answer(mut self, status: u16, content: Value) -> Self {
        let answer = self.answers.get_mut(&status.to_string()).and_then(|answer| answer["content"].as_object_mut());
        if let (Some(known), Value::Object(more)) = (answer, content) {
            known.extend(more);
        }
        self
    }

    fn finish(mut self) -> (Value, Option<Access>) {
        for range in ["4XX", "5XX"] {
            self.answers.insert(range.to_owned(), json!({ "$ref": "#/components/responses/problem" }));
        }
        if !self.parameters.is_empty() {
            self.value.insert("parameters".to_owned(), self.parameters.into());
        }
        self.value.insert("responses".to_owned(), self.answers.into());
        (self.value.into(), self.access)
    }
}

impl Method {
    const fn verb(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            #[cfg(feature = "emulator")]
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            #[cfg(feature = "emulator")]
            Self::Put => "put",
            Self::Delete => "delete",
        }
    }
}
