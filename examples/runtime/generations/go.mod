module example

go 1.27

require golite v0.0.0

replace golite => ./golite
