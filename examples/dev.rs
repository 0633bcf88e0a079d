use pushguard::{analysis, config::Config, source::*};
fn main() {
    let root = std::env::args().nth(1).unwrap();
    let only: Vec<String> = std::env::args().skip(2).collect();
    let mut files = vec![];
    for e in walkdir::WalkDir::new(&root).into_iter().filter_entry(|e| { let n = e.file_name().to_string_lossy(); !(n=="node_modules"||n==".git"||n=="dist"||n=="build"||n=="public"||n==".next"||n=="coverage"||n=="__tests__"||n=="vendor") }) {
        let Ok(e) = e else { continue };
        if !e.file_type().is_file() { continue }
        let p = e.path().strip_prefix(&root).unwrap_or(e.path()).to_string_lossy().to_string();
        let p = if p.is_empty() { e.file_name().to_string_lossy().to_string() } else { p };
        let ext = p.rsplit('.').next().unwrap_or("").to_string();
        let ok = ["js","jsx","mjs","cjs","ts","tsx","mts","cts"].contains(&ext.as_str()) || p.ends_with("package.json") || p.contains("tsconfig");
        if !ok || p.contains(".test.") || p.contains(".spec.") || p.ends_with(".d.ts") || p.contains(".min.js") { continue }
        let Ok(t) = std::fs::read_to_string(e.path()) else { continue };
        let rep = only.is_empty() || only.iter().any(|o| p.starts_with(o.as_str()));
        files.push(SourceFile::new(p, &t, rep));
    }
    let s = Sources::new(files);
    let t = std::time::Instant::now();
    let a = analysis::analyze(&s, &Config::default(), &||{});
    eprintln!("{} files {:?} {} findings", s.len(), t.elapsed(), a.findings.len());
    let j: Vec<_> = a.findings.iter().map(|f| { let file = s.get(f.place.file).unwrap(); let p = file.position(f.place.start); let e = file.position(f.place.end);
        serde_json::json!({"rule":f.rule,"level":f.level.name(),"message":f.message,"path":file.path,"line":p.line,"endLine":e.line,"column":p.column,"function":f.function,"collection":f.collection,"array":f.array,"help":f.help,"related":f.related.iter().map(|r|{let file=s.get(r.place.file).unwrap();serde_json::json!({"path":file.path,"line":file.position(r.place.start).line,"message":r.message})}).collect::<Vec<_>>()}) }).collect();
    println!("{}", serde_json::json!({"version":1,"findings":j,"files":s.len()}));
}
