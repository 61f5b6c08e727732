//! What the user names: followed outside a project, held inside; and the way to say that more belongs to it.

use std::fs;
use std::os::unix::fs::symlink;

use crate::world::{World, campaign};

#[test]
fn a_folder_that_is_shared_is_used_when_the_user_says_so() {
    let world = World::new();
    fs::write(world.path("{out}/folder/a.yaml"), campaign("Shared")).unwrap();
    fs::write(world.path("{out}/folder/deep/b.yaml"), campaign("Too")).unwrap();
    fs::remove_dir_all(world.path("{out}/folder/local")).unwrap();
    world.project("campaigns: ../outside/folder");
    let ran = world.run(&["validate"]);
    assert!(ran.code == Some(1) && ran.out.contains("CAMPAIGNCTL_ROOT") || ran.err.contains("CAMPAIGNCTL_ROOT"), "{ran:?}");
    let ran = world.run_with(&["plan"], &[("CAMPAIGNCTL_ROOT", "..")]);
    assert!(ran.code == Some(0) && ran.out.contains("campaign.a will be created"), "{ran:?}");
    let ran = world.run_with(&["plan"], &[("CAMPAIGNCTL_ROOT", "campaigns")]);
    assert!(ran.code == Some(1) && ran.err.contains("is not in it"), "{ran:?}");
    // What is outside of that folder stays outside.
    symlink("/proc/self/environ", world.path("{out}/folder/c.yaml")).unwrap();
    let ran = world.run_with(&["validate"], &[("CAMPAIGNCTL_ROOT", "..")]);
    assert!(ran.code == Some(1) && ran.out.contains("leads outside the project folder"), "{ran:?}");
}

#[test]
fn links_inside_the_project_are_followed() {
    let world = World::new();
    world.write("shared/a.yaml", &campaign("A"));
    world.write("shared/eu/b.yaml", &campaign("B"));
    symlink("../shared/a.yaml", world.path("campaigns/a.yaml")).unwrap();
    symlink(world.path("shared/eu"), world.path("campaigns/eu")).unwrap();
    let ran = world.run(&["plan"]);
    assert!(ran.out.contains("campaign.a will be created") && ran.out.contains("campaign.b will be created"), "{ran:?}");
    let before = fs::read_to_string(world.path("shared/a.yaml")).unwrap();
    assert_eq!(world.run(&["fmt"]).code, Some(0));
    assert_ne!(fs::read_to_string(world.path("shared/a.yaml")).unwrap(), before, "a link inside is written through");
    assert!(fs::symlink_metadata(world.path("campaigns/a.yaml")).unwrap().is_symlink());
}

#[test]
fn the_emulator_makes_nothing_outside() {
    let world = World::new();
    symlink(world.path("{out}/folder"), world.path(".campaignctl")).unwrap();
    let before = world.outside();
    let ran = world.run(&["emulator", "--port", "0"]);
    assert!(ran.code == Some(1) && ran.err.contains("outside the project folder"), "{ran:?}");
    assert_eq!(world.outside(), before);
}

#[test]
fn more_files_than_any_project_has_are_refused_together() {
    let world = World::new();
    for number in 0..260 {
        let text = format!("# {}\n{}", "x".repeat((1 << 20) - 400), campaign("Big"));
        fs::write(world.path("campaigns").join(format!("big-{number}.yaml")), text).unwrap();
    }
    let ran = world.run(&["validate"]);
    assert!(ran.code == Some(1) && ran.out.contains("256 MiB together"), "{ran:?}");
}
