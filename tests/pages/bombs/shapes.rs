//! Pages made to cost more than they weigh.

/// A shape and how it is made, at about `size` bytes.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    before: &'static str,
    /// Repeated; `#` stands for the number of the repetition.
    part: &'static str,
    after: &'static str,
}

impl Shape {
    pub(crate) fn page(&self, size: usize) -> Vec<u8> {
        let mut page = self.before.as_bytes().to_vec();
        let mut number = 0_usize;
        while page.len() < size {
            number += 1;
            if self.part.contains('#') {
                page.extend_from_slice(self.part.replace('#', &number.to_string()).as_bytes());
            } else {
                page.extend_from_slice(self.part.as_bytes());
            }
        }
        page.extend_from_slice(self.after.as_bytes());
        page
    }
}

const fn shape(name: &'static str, before: &'static str, part: &'static str, after: &'static str) -> Shape {
    Shape { name, before, part, after }
}

pub(crate) const SHAPES: [Shape; 44] = [
    shape("depth", "", "<div>", ""),
    shape("depth, svg", "", "<svg>", ""),
    shape("depth, svg groups", "<svg>", "<g>", ""),
    shape("depth, MathML", "", "<math><mi>", ""),
    shape("attributes", "<p", " a=b", ">"),
    shape("attributes, all different", "<p", " a#=b", ">"),
    shape("attributes that fetch", "<img", " src=//t.example/x", ">"),
    shape("attributes that fetch, from the shop", "<img", " src=/x", ">"),
    shape("event handlers", "<p", " onclick=x", ">"),
    shape("long attribute", "<p a='", "x", "'>"),
    shape("long address", "<img src='//t.example/", "x", "'>"),
    shape("attribute never closed", "<p a='", "x<b>", ""),
    shape("unclosed script", "<script>", "x<y;", ""),
    shape("script, escapes", "<script>", "<!--<script>", ""),
    shape("scripts", "", "<script>x</script>", ""),
    shape("scripts where all is read twice", "<frameset>", "<script>x</script>", ""),
    shape("unclosed style", "<style>", "a{b:c}", ""),
    shape("templates", "", "<template>", ""),
    shape("srcset", "<img srcset='", "/a#.png 1x, ", "'>"),
    shape("srcset of trackers", "<img srcset='", "//t.example/# 1x, ", "'>"),
    shape("pings", "<a ping='", "//t.example/# ", "'>"),
    shape("srcdoc in srcdoc", "", "<iframe srcdoc=\"", ""),
    shape("srcdoc of trackers", "<iframe srcdoc='", "<img src=//t.example/#>", "'>"),
    shape("srcdoc of entities", "<iframe srcdoc='", "&lt;p&gt;", "'>"),
    shape("data document", "<iframe src=\"data:text/html,", "<img src=//t.example/#>", "\">"),
    shape("noscript", "", "<noscript>", ""),
    shape("noscript that ends in attributes", "", "<noscript><p title='</noscript>", ""),
    shape("comments", "", "<!--", ""),
    shape("half ends of a comment", "<!--", "--!", ""),
    shape("conditional comments", "", "<!--[if IE]>", ""),
    shape("CDATA", "<svg>", "<![CDATA[", ""),
    shape("less-than", "", "<", ""),
    shape("end tags half", "", "</", ""),
    shape("declarations", "", "<!", ""),
    shape("tag never closed", "", "<a b=c ", ""),
    shape("entities", "", "&lt;", ""),
    shape("entities in an address", "<img src='", "&amp;", "'>"),
    shape("bases", "", "<base href=/a#/><img src=x>", ""),
    shape("select", "", "<select><style>", ""),
    shape("svg and back", "", "<svg></p>", ""),
    shape("attributes with markup in svg", "<svg>", "<g a='<b>'>", ""),
    shape("attributes with half tags in svg", "<svg>", "<g a='<b'>", ""),
    shape("trackers", "", "<img src=//t.example/#>", ""),
    shape("refreshes", "", "<meta http-equiv=refresh content='0;url=//t.example/#'>", ""),
];
