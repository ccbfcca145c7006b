//! A plugin that was loaded: checked, compiled, and ready to serve any number of targets or pages.

use std::sync::Arc;

use serde_json::Value;
use wasmtime::component::{Component, InstancePre};

use crate::approval::Approval;
use crate::bindings::{exports, page as page_world};
use crate::error::{PackageError, SettingsProblem, SetupError};
use crate::guest::{Guest, PageGuest};
use crate::manifest::{Kind, Manifest};
use crate::package::Package;
use crate::page::{self, PageSetup, PluginPage};
use crate::runtime::Shared;
use crate::schema::Schema;
use crate::target::{self, PluginTarget, TargetSetup};

/// A loaded plugin. Cheap to clone.
#[derive(Clone)]
pub struct Plugin(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    package: Package,
    schema: Arc<Schema>,
    code: Code,
}

#[derive(Clone)]
enum Code {
    Target(Arc<TargetCode>),
    Page(Arc<PageCode>),
}

/// A target's code, and where its functions are.
pub(crate) struct TargetCode {
    pub pre: InstancePre<Guest>,
    pub target: exports::target::GuestIndices,
    pub inventory: Option<exports::inventory::GuestIndices>,
    pub links: Option<exports::links::GuestIndices>,
}

/// A page generator's code, and where its functions are.
pub(crate) struct PageCode {
    pub pre: InstancePre<PageGuest>,
    pub pages: page_world::exports::boothsync::plugin::pages::GuestIndices,
}

impl Plugin {
    pub(crate) async fn new(
        shared: Arc<Shared>,
        package: Package,
        component: Component,
    ) -> Result<Self, PackageError> {
        let schema = Schema::compile(&package.manifest.settings).map_err(PackageError::Schema)?;
        let schema = Arc::new(schema);
        let code = match package.manifest.plugin.kind {
            Kind::Target => {
                let code = Arc::new(TargetCode::new(&shared, &component).map_err(contract)?);
                target::rehearse(&shared, &package, &code).await.map_err(PackageError::Start)?;
                Code::Target(code)
            }
            Kind::Page => {
                let code = Arc::new(PageCode::new(&shared, &component).map_err(contract)?);
                page::rehearse(&shared, &package, &code).await.map_err(PackageError::Start)?;
                Code::Page(code)
            }
        };
        Ok(Self(Arc::new(Inner { shared, package, schema, code })))
    }

    /// Whether both are the same code with the same grants.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The same plugin with what it asks for and what was approved, and nothing that is only one of both.
    pub fn granted(&self, approval: &Approval) -> Self {
        let Inner { shared, package, schema, code } = &*self.0;
        let package = package.clone().with(approval.narrow(&package.manifest));
        Self(Arc::new(Inner { shared: shared.clone(), package, schema: schema.clone(), code: code.clone() }))
    }

    /// What the plugin says of itself; of its wishes, those that are granted.
    pub fn manifest(&self) -> &Manifest {
        &self.0.package.manifest
    }

    /// `sha256:` and the hash of the whole package in lowercase hex.
    pub fn digest(&self) -> &str {
        &self.0.package.digest
    }

    /// Checks settings against the plugin's schema; all problems at once.
    pub fn check_settings(&self, settings: &Value) -> Result<(), Vec<SettingsProblem>> {
        self.0.schema.check(settings)
    }

    /// The settings that decide where objects lie (`"x-place": true`), with defaults filled in. Equal
    /// places give equal values, however the settings were written.
    pub fn placement(&self, settings: &Value) -> Value {
        self.0.schema.placement(settings)
    }

    /// A target with these settings. Connects nothing yet.
    pub fn target(&self, setup: TargetSetup) -> Result<PluginTarget, SetupError> {
        let Code::Target(code) = &self.0.code else { return Err(self.not_a("target")) };
        self.check_settings(&setup.settings).map_err(SetupError::Settings)?;
        PluginTarget::new(self.0.shared.clone(), &self.0.package, code.clone(), setup)
    }

    /// A page with these settings.
    pub fn page(&self, setup: PageSetup) -> Result<PluginPage, SetupError> {
        let Code::Page(code) = &self.0.code else { return Err(self.not_a("page generator")) };
        self.check_settings(&setup.settings).map_err(SetupError::Settings)?;
        Ok(PluginPage::new(self.0.shared.clone(), &self.0.package, code.clone(), setup))
    }

    fn not_a(&self, wanted: &'static str) -> SetupError {
        let is = match self.0.code {
            Code::Target(_) => "target",
            Code::Page(_) => "page generator",
        };
        SetupError::Kind { plugin: self.manifest().plugin.name.clone(), is, wanted }
    }
}

/// Whether compiled code fits the contract. Starts nothing.
pub(crate) fn check_fit(shared: &Shared, kind: Kind, component: &Component) -> Result<(), PackageError> {
    match kind {
        Kind::Target => TargetCode::new(shared, component).map(drop),
        Kind::Page => PageCode::new(shared, component).map(drop),
    }
    .map_err(contract)
}

impl TargetCode {
    /// Checks imports, and that every exported interface is whole.
    fn new(shared: &Shared, component: &Component) -> wasmtime::Result<Self> {
        let pre = shared.targets.instantiate_pre(component)?;
        // Asked first, so that an interface that is only half there is an error and none is none.
        let has = |name: &str| component.get_export_index(None, name).is_some();
        let inventory = has("boothsync:plugin/inventory@0.1.0");
        let links = has("boothsync:plugin/links@0.1.0");
        Ok(Self {
            target: exports::target::GuestIndices::new(&pre)?,
            inventory: inventory.then(|| exports::inventory::GuestIndices::new(&pre)).transpose()?,
            links: links.then(|| exports::links::GuestIndices::new(&pre)).transpose()?,
            pre,
        })
    }
}

impl PageCode {
    fn new(shared: &Shared, component: &Component) -> wasmtime::Result<Self> {
        let pre = shared.pages.instantiate_pre(component)?;
        let pages = page_world::exports::boothsync::plugin::pages::GuestIndices::new(&pre)?;
        Ok(Self { pre, pages })
    }
}

fn contract(error: wasmtime::Error) -> PackageError {
    PackageError::Contract(format!("{error:#}"))
}
