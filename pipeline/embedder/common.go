package embedder

import (
	"slices"
	"strings"
)

// commonWords say little about a text's subject: keywords and ubiquitous names
// of programming languages, and English function words.
const commonWords = `
abstract any assert async auto await begin bool boolean break byte case catch
char chan class const constructor continue ctx def default defer del delete
double elif else end endif enum err error except export extends extern false
final finally float fn func function global go goto impl implements import
include inline instanceof int integer interface internal key lambda let list
long loop map match mod module mut namespace new nil none null nullptr number
object ok operator out override package param pass private proc protected pub
public raise readonly ref require return self short signed size sizeof static
std str string struct super switch template this throw throws trait true try
type typedef typeof uint undefined union unless unsigned until use using val
value var virtual void volatile while with yield

about all also an and are as at be been but by can data do does each for from
get has have how if in into is it its may more must no nor not of on only or
other our set should so some such than that the their them then there these
they this those to up was we were what when where which who why will would you
your
`

// commonHashes holds the hashes of the stemmed commonWords, sorted.
var commonHashes = func() []uint64 {
	var hashes []uint64
	for _, word := range strings.Fields(commonWords) {
		hashes = append(hashes, hashLetters(stem([]byte(word))))
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}()
