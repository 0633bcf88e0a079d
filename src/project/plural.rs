//! The name that Mongoose gives the collection of a model.
//!
//! Source: Mongoose, `Mongoose.prototype.pluralize` and `lib/helpers/pluralize.js` (`mongoose-legacy-pluralize` before
//! Mongoose 6), whose rules these are, in their order.
//! Input: the name of a model. Output: the name of a collection. Must not know: schemas.

/// Words that stay as they are.
const UNCOUNTABLE: [&str; 27] = [
    "advice",
    "energy",
    "excretion",
    "digestion",
    "cooperation",
    "health",
    "justice",
    "labour",
    "machinery",
    "equipment",
    "information",
    "pollution",
    "sewage",
    "paper",
    "money",
    "species",
    "series",
    "rain",
    "rice",
    "fish",
    "sheep",
    "moose",
    "deer",
    "news",
    "expertise",
    "status",
    "media",
];

/// Ends of words, and what becomes of them.
const ENDS: [(&str, &str); 17] = [
    ("human", "humans"),
    ("man", "men"),
    ("person", "people"),
    ("child", "children"),
    ("axis", "axes"),
    ("testis", "testes"),
    ("octopus", "octopi"),
    ("alias", "aliases"),
    ("status", "statuses"),
    ("bus", "buses"),
    ("buffalo", "buffaloes"),
    ("tomato", "tomatoes"),
    ("potato", "potatoes"),
    ("tum", "ta"),
    ("ium", "ia"),
    ("sis", "ses"),
    ("quiz", "quizzes"),
];

/// Ends of words of which the first versions made something else than those of today.
const LATE: [(&str, &str); 5] =
    [("cactus", "cacti"), ("focus", "foci"), ("fungus", "fungi"), ("nucleus", "nuclei"), ("virus", "viruses")];

/// The name of a collection, and whether all versions of Mongoose give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plural {
    pub name: String,
    pub is_sure: bool,
}

/// The collection of a model of this name.
pub fn pluralized(model: &str) -> Plural {
    let word = model.to_lowercase();
    let replaced = |ends: &[(&str, &str)]| {
        ends.iter().find_map(|(end, plural)| word.strip_suffix(end).map(|stem| format!("{stem}{plural}")))
    };
    let late = replaced(&LATE).or_else(|| (word == "goose").then(|| "geese".to_owned()));
    if let Some(name) = late {
        return Plural { name, is_sure: false };
    }
    let name = match word.as_str() {
        "" => word.clone(),
        "ox" => "oxen".to_owned(),
        _ if UNCOUNTABLE.contains(&word.as_str()) => word.clone(),
        _ => replaced(&ENDS).unwrap_or_else(|| by_ending(&word)),
    };
    Plural { name, is_sure: true }
}

/// The rules that look at single characters.
fn by_ending(word: &str) -> String {
    let before = |end: &str| word.strip_suffix(end).map(|stem| (stem, stem.chars().next_back()));
    if let Some((stem, Some(last))) = before("fe")
        && last != 'f'
    {
        return format!("{stem}ves");
    }
    if let Some((stem, Some('l' | 'r'))) = before("f") {
        return format!("{stem}ves");
    }
    if let Some((stem, Some(last))) = before("y")
        && (!"aeiouy".contains(last) || stem.ends_with("qu"))
    {
        return format!("{stem}ies");
    }
    if ["x", "ch", "ss", "sh"].iter().any(|end| word.ends_with(end)) {
        return format!("{word}es");
    }
    // The rule for `matrix` is not bound to the end of a word.
    if ["matrix", "vertix", "indix"].iter().any(|part| word.contains(part)) {
        return word.replace("matrix", "matrices").replace("vertix", "vertices").replace("indix", "indices");
    }
    if let Some((stem, Some('m' | '|' | 'l'))) = before("ouse") {
        return format!("{stem}ice");
    }
    match word.chars().next_back() {
        Some('s') => word.to_owned(),
        Some(last) if !last.is_ascii_lowercase() => word.to_owned(),
        _ => format!("{word}s"),
    }
}

/// The same for all names of one collection: `User` and `users`, `Person` and `people`.
pub(super) fn canonical(name: &str) -> String {
    let name = pluralized(name).name;
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    name.strip_suffix('s').map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model, and its collection by the helper of the first versions and by that of Mongoose 9.
    const COLLECTIONS: &str = include_str!("plural.txt");

    #[test]
    fn collections_are_named_as_by_mongoose() {
        for row in COLLECTIONS.lines() {
            let [model, early, late] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let expected = Plural { name: late.to_owned(), is_sure: early == late };
            assert_eq!(pluralized(model), expected, "{model}");
        }
    }

    #[test]
    fn a_model_and_its_collection_are_one() {
        let models = ["User", "Person", "Category", "Box", "Child", "Mouse", "Datum", "Wolf", "Analysis", "Log2", "Ox"];
        for model in models {
            assert_eq!(canonical(model), canonical(&pluralized(model).name), "{model}");
        }
        assert_ne!(canonical("User"), canonical("UserLog"));
    }
}
