package eval

import "math"

// Depth is the number of hits that count, because nobody looks at the eleventh.
const Depth = 10

// Metrics are means over questions.
type Metrics struct {
	Questions int     `json:"questions"`
	MRR       float64 `json:"mrr_10"`
	Recall    float64 `json:"recall_10"`
	NDCG      float64 `json:"ndcg_10"`
}

// ranking lists, for each hit in order, the numbers of a question's answers
// that it finds.
type ranking [][]int

// measure scores one ranking of a question with a number of answers.
func measure(r ranking, answers int) (mrr, recall, ndcg float64) {
	found := make(map[int]bool)
	dcg := 0.0
	for i, hit := range r[:min(len(r), Depth)] {
		before := len(found)
		for _, a := range hit {
			found[a] = true
		}
		if len(found) == before {
			continue
		}
		if before == 0 {
			mrr = 1 / float64(i+1)
		}
		dcg += discount(i)
	}
	ideal := 0.0
	for i := range min(answers, Depth) {
		ideal += discount(i)
	}
	return mrr, float64(len(found)) / float64(answers), dcg / ideal
}

// discount returns the weight of the hit at a place, counted from 0.
func discount(place int) float64 { return 1 / math.Log2(float64(place+2)) }

// add adds the scores of a question.
func (m *Metrics) add(mrr, recall, ndcg float64) {
	m.Questions++
	n := float64(m.Questions)
	m.MRR += (mrr - m.MRR) / n
	m.Recall += (recall - m.Recall) / n
	m.NDCG += (ndcg - m.NDCG) / n
}

// merge also counts the questions of other.
func (m *Metrics) merge(other Metrics) {
	total := m.Questions + other.Questions
	if total == 0 {
		return
	}
	share := float64(other.Questions) / float64(total)
	m.MRR += (other.MRR - m.MRR) * share
	m.Recall += (other.Recall - m.Recall) * share
	m.NDCG += (other.NDCG - m.NDCG) * share
	m.Questions = total
}
