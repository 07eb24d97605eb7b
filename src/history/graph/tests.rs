//! The graph against a naive one, and the shapes that random ones rarely have.

use proptest::prelude::*;

use super::*;
use crate::history::CommitInfo;

fn id(number: usize) -> ObjectId {
    // order of ids unlike that of numbers
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = [7; 20];
    bytes[..8].copy_from_slice(&mixed.to_be_bytes());
    ObjectId::new(&bytes)
}

fn commit(number: usize, parents: &[usize], time: i64) -> CommitInfo {
    CommitInfo {
        id: id(number),
        tree: id(number + 1000),
        parents: parents.iter().map(|parent| id(*parent)).collect(),
        author_time: time - 1,
        commit_time: time,
    }
}

fn graph(parents: &[&[usize]]) -> Graph {
    let commits = parents.iter().enumerate();
    Graph::new(
        commits
            .map(|(number, parents)| commit(number, parents, 5))
            .collect(),
    )
}

fn ix(graph: &Graph, number: usize) -> CommitIx {
    graph.ix(&id(number)).unwrap()
}

#[test]
fn what_was_read_is_there_once() {
    let one = commit(1, &[0, 9, 9], 6);
    let graph = Graph::new([one.clone(), commit(0, &[], 5), one].into_iter().collect());
    assert_eq!(graph.count(), 2);
    let (zero, one) = (ix(&graph, 0), ix(&graph, 1));
    assert_eq!((graph.id(one), graph.tree(one)), (id(1), id(1001)));
    assert_eq!((graph.author_time(one), graph.commit_time(one)), (5, 6));
    assert_eq!(
        (graph.parents(one), graph.children(zero)),
        (&[zero][..], &[one][..])
    );
    assert_eq!(graph.missing().len(), 1);
    assert_eq!(graph.missing()[0].0, id(9));
    assert_eq!(graph.ix(&id(9)), None);
    assert_eq!(graph.order(), [zero, one]);
}

#[test]
fn nothing_is_a_graph_too() {
    let graph = Graph::new(Commits::default());
    assert_eq!(
        (graph.count(), graph.ix(&id(0)), graph.first(&[])),
        (0, None, None)
    );
    assert!(graph.starting_with("0").is_empty());
    assert_eq!(graph.reachable(&[]).count(), 0);
}

#[test]
fn ids_of_another_length_are_left_out() {
    let mut odd = commit(1, &[], 5);
    odd.id = ObjectId::new(&[1; 32]);
    let mut mixed = commit(2, &[], 5);
    mixed.parents.push(ObjectId::new(&[1; 32]));
    assert_eq!(
        Graph::new([commit(0, &[], 5), odd, mixed].into_iter().collect()).count(),
        1
    );
}

#[test]
fn circles_end() {
    let graph = graph(&[&[2], &[0], &[1, 3], &[], &[4], &[2]]);
    let mut order = graph.order().to_vec();
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    let all = graph.reachable(&[ix(&graph, 5)]);
    assert_eq!(all.count(), 5);
    let circle = [0, 1, 2].map(|number| ix(&graph, number));
    assert_eq!(graph.first(&circle), circle.iter().min().copied());
    assert_eq!(graph.first(&[ix(&graph, 4)]), Some(ix(&graph, 4)));
}

#[test]
fn a_long_line_needs_no_stack() {
    let commits = (0..200_000).map(|number| match number {
        0 => commit(0, &[], 0),
        number => commit(number, &[number - 1], 0),
    });
    let graph = Graph::new(commits.collect());
    let (start, end) = (ix(&graph, 0), ix(&graph, 199_999));
    assert_eq!(graph.reachable(&[end]).count(), 200_000);
    assert_eq!(graph.first(&[end, start]), Some(start));
    assert_eq!((graph.order()[0], graph.order()[199_999]), (start, end));
}

#[test]
fn the_oldest_of_unrelated_commits_is_first() {
    let commits = [
        commit(0, &[], 9),
        commit(1, &[0], 3),
        commit(2, &[0], 4),
        commit(3, &[1, 2], 1),
        commit(4, &[], 3),
    ];
    let graph = Graph::new(commits.into_iter().collect());
    let at = |number| ix(&graph, number);
    assert_eq!(graph.first(&[at(3), at(2), at(1)]), Some(at(1)));
    assert_eq!(graph.first(&[at(3), at(2)]), Some(at(2)));
    assert_eq!(graph.first(&[at(1), at(4)]), Some(at(1).min(at(4))));
    assert_eq!(graph.first(&[at(3), at(0)]), Some(at(0)));
}

#[test]
fn a_prefix_finds_all_that_share_it() {
    let graph = graph(&[&[], &[], &[], &[]]);
    for number in 0..4 {
        let digits = id(number).to_string();
        assert_eq!(graph.starting_with(&digits), [ix(&graph, number)]);
        assert_eq!(
            graph.starting_with(&digits[..7].to_uppercase()),
            [ix(&graph, number)]
        );
        assert!(graph.starting_with(&format!("{digits}0")).is_empty());
    }
    assert_eq!(graph.starting_with("").len(), 4);
    assert!(graph.starting_with("xyz").is_empty());
}

/// For each commit the ancestors of it, itself among them, by the definition.
fn ancestors(parents: &[Vec<usize>]) -> Vec<Vec<bool>> {
    let mut all: Vec<Vec<bool>> = Vec::new();
    for (number, parents) in parents.iter().enumerate() {
        let mut own = vec![false; number];
        for parent in parents {
            for (at, is) in all[*parent].iter().enumerate() {
                own[at] |= *is;
            }
        }
        own.push(true);
        all.push(own);
    }
    all
}

/// Parents of commits, each below its child, and the commits' times.
fn dag() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<i64>)> {
    (1..40_usize).prop_flat_map(|count| {
        let parents: Vec<_> = (0..count)
            .map(|number| {
                let any = prop::collection::vec(0..number.max(1), 0..4);
                any.prop_map(move |parents| if number == 0 { Vec::new() } else { parents })
            })
            .collect();
        (parents, prop::collection::vec(0..4_i64, count))
    })
}

proptest! {
    #[test]
    fn it_agrees_with_a_naive_one(
        (parents, times) in dag(),
        picks in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..5), 1..70),
        tips in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let count = parents.len();
        let commits = (0..count).map(|number| commit(number, &parents[number], times[number]));
        // read in an order of its own
        let graph = Graph::new(commits.rev().collect());
        let above = ancestors(&parents);
        let is_ancestor = |old: usize, new: usize| above[new].get(old).copied().unwrap_or(false);
        let at = |number: usize| ix(&graph, number);

        let mut place = vec![0; count];
        for (position, commit) in graph.order().iter().enumerate() {
            place[*commit as usize] = position;
        }
        prop_assert_eq!(graph.order().len(), count);
        for (number, parents) in parents.iter().enumerate() {
            for parent in parents {
                prop_assert!(place[at(*parent) as usize] < place[at(number) as usize]);
                prop_assert!(graph.children(at(*parent)).contains(&at(number)));
            }
            let own: Vec<CommitIx> = parents.iter().map(|parent| at(*parent)).collect();
            prop_assert_eq!(graph.parents(at(number)), own);
        }

        let groups: Vec<Vec<usize>> = picks
            .iter()
            .map(|picks| picks.iter().map(|pick| pick.index(count)).collect())
            .collect();
        let tips: Vec<usize> = tips.iter().map(|tip| tip.index(count)).collect();
        let ixs = |numbers: &[usize]| -> Vec<CommitIx> { numbers.iter().map(|n| at(*n)).collect() };
        let group_ixs: Vec<Vec<CommitIx>> = groups.iter().map(|group| ixs(group)).collect();

        let firsts = graph.firsts(&group_ixs);
        for (group, first) in groups.iter().zip(firsts) {
            let expected = group
                .iter()
                .filter(|new| !group.iter().any(|old| old != *new && is_ancestor(*old, **new)))
                .min_by_key(|number| (times[**number], id(**number)));
            prop_assert_eq!(first, expected.map(|number| at(*number)));
        }

        let mut found = vec![Vec::new(); groups.len()];
        graph.reached_by(&group_ixs, &ixs(&tips), |group, tip| found[group].push(tip));
        for (group, found) in groups.iter().zip(found) {
            let expected: Vec<usize> = (0..tips.len())
                .filter(|tip| group.iter().any(|old| is_ancestor(*old, tips[*tip])))
                .collect();
            prop_assert_eq!(found, expected);
        }

        let (without, with) = tips.split_at(tips.len() / 2);
        let range = graph.range(&ixs(without), &ixs(with));
        for number in 0..count {
            let reaches = |tips: &[usize]| tips.iter().any(|tip| is_ancestor(number, *tip));
            prop_assert_eq!(range.contains(at(number)), reaches(with) && !reaches(without));
        }
    }
}
