/* One adaptive Rodas4P step of the cascade for many lanes, by hand: what engine/stepping.py does.

   `generated.h` holds the rates, the factors of the sparse Jacobian, elimination and substitution, printed from the trace
   that JAX compiles, with the coefficients and sizes. All else is written here. Blocks of LANES lanes stay in cache during a step. */

#include <math.h>
#include <stddef.h>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__FAST_MATH__)
/* glibc has vector forms of these, but shows them to the compiler with -ffast-math only. */
__attribute__((simd("notinbranch"))) extern double exp(double);
__attribute__((simd("notinbranch"))) extern double pow(double, double);
#endif

#include "generated.h"

#define SMALLEST_STEP 1e-7

static const double ALPHA[STAGES][STAGES] = STAGE_TABLE, MEMORY[STAGES][STAGES] = MEMORY_TABLE;
static const double RESULT[STAGES] = RESULT_TABLE, ERROR[STAGES] = ERROR_TABLE, TIMES[STAGES] = TIMES_TABLE;
static const double DRIFT[STAGES] = DRIFT_TABLE;

typedef double Row[LANES];

typedef struct {
    long lanes, animals;
    double length, relative, exchange, duration; /* duration: of a piece */
    const double *absolute, *const *inputs;      /* inputs: pathway, drive, inflow and rest; drive and inflow are replaced */
    const int *negative;                         /* whether a variable may be negative */
    const long *animal;
    const double *coefficients;                  /* (piece x animal, 4 x drive) */
    double *values, *step, *elapsed;             /* (variable, lane), (lane,), (lane,) */
    int *accepted, *rejected, *failed;
} Run;

/* What the drugs do at the moment of each group of four, how fast it changes if asked, and BDNF from the neighbours. */
static void inputs_at(const Run *run, long first, const Row elapsed, const Row *values, Row *drive, Row inflow,
                      Row *drift)
{
    for (int lane = 0; lane < LANES; lane += 4) {
        double now = elapsed[lane]; /* a lane that diverged is ahead of the others */
        for (int i = 1; i < 4; i++)
            now = elapsed[lane + i] < now ? elapsed[lane + i] : now;
        double position = now / run->duration;
        long index = (long)position;
        index = index < 0 ? 0 : index > PIECES - 1 ? PIECES - 1 : index;
        const double *c = run->coefficients + (index * run->animals + run->animal[first + lane]) * 4 * DRIVES;
        double x = position - index;
        for (int d = 0; d < DRIVES; d++) {
            double value = c[d] + x * (c[DRIVES + d] + x * (c[2 * DRIVES + d] + x * c[3 * DRIVES + d]));
            for (int i = 0; i < 4; i++)
                drive[d][lane + i] = value;
        }
        for (int d = 0; drift && d < DRIVES; d++) {
            double slope = (c[DRIVES + d] + x * (2.0 * c[2 * DRIVES + d] + x * 3.0 * c[3 * DRIVES + d])) / run->duration;
            for (int i = 0; i < 4; i++)
                drift[d][lane + i] = slope;
        }
    }
    const double *bdnf = values[BDNF];
    for (int lane = 0; lane < LANES; lane += 4)
        for (int i = 0; i < 4; i++)
            inflow[lane + i] =
                run->exchange * (bdnf[lane + (i + 3) % 4] + bdnf[lane + (i + 1) % 4] - 2.0 * bdnf[lane + i]);
}

/* Solve x / inverse - exchange x ring = right for the BDNF of each group of four, in place of right. */
static void spread(double exchange, const double *inverse, double *right)
{
    for (int lane = 0; lane < LANES; lane += 4) {
        double kept[4], given[4], pair[4], keeps[4], *x = right + lane;
        for (int i = 0; i < 4; i++) {
            kept[i] = 1.0 / (1.0 + 2.0 * exchange * inverse[lane + i]);
            given[i] = kept[i] * inverse[lane + i];
        }
        for (int i = 0; i < 4; i++) {
            int opposite = (i + 2) % 4;
            pair[i] = given[i] * x[i] + given[opposite] * x[opposite];
            keeps[i] = 0.5 * (kept[i] + kept[opposite]);
        }
        for (int i = 0; i < 4; i++) {
            int beside = (i + 3) % 4;
            double lost = keeps[i] + keeps[beside] - keeps[i] * keeps[beside];
            x[i] = given[i] * (x[i] + exchange * (pair[beside] + (1.0 - keeps[beside]) * pair[i]) / lost);
        }
    }
}

static void rosenbrock(const Run *run, long first, const Row *values, const Row elapsed, const Row step, Row *proposed,
                       Row *error)
{
    Row drive[DRIVES], inflow, inner[VARIABLES], slope[VARIABLES], stages[STAGES][VARIABLES];
    Row moment, right[VARIABLES], middle[VARIABLES], drift[DRIVES], prepared[VARIABLES + FACTORS + VARIABLES];
    const Row *drifts = prepared + VARIABLES + FACTORS; /* what the drift of the drive does to the rates */
    const double *of_prepare[VARIABLES + INPUTS + DRIVES + 1], *of_slopes[VARIABLES + INPUTS];
    const double *of_eliminate[FACTORS + VARIABLES], *of_substitute[FACTORS + VARIABLES];
    for (int v = 0; v < VARIABLES; v++) {
        of_prepare[v] = values[v];
        of_slopes[v] = inner[v];
        of_eliminate[FACTORS + v] = right[v];
        of_substitute[FACTORS + v] = middle[v];
    }
    for (int i = 0; i < INPUTS; i++) {
        const double *input = run->inputs[i] + (LANE_WISE[i] ? first : 0);
        if (i >= FIRST_DRIVE && i < FIRST_DRIVE + DRIVES) input = drive[i - FIRST_DRIVE];
        if (i == FIRST_DRIVE + DRIVES) input = inflow;
        of_prepare[VARIABLES + i] = of_slopes[VARIABLES + i] = input;
    }
    for (int d = 0; d < DRIVES; d++) of_prepare[VARIABLES + INPUTS + d] = drift[d];
    of_prepare[VARIABLES + INPUTS + DRIVES] = step;
    for (int f = 0; f < FACTORS; f++) of_eliminate[f] = of_substitute[f] = prepared[VARIABLES + f];

    inputs_at(run, first, elapsed, values, drive, inflow, drift);
    prepare(of_prepare, prepared[0]);
    for (int v = 0; v < VARIABLES; v++)
        for (int lane = 0; lane < LANES; lane++)
            right[v][lane] = prepared[v][lane] + DRIFT[0] * step[lane] * drifts[v][lane];
    for (int s = 0; s < STAGES; s++) {
        if (s > 0) {
            for (int lane = 0; lane < LANES; lane++) moment[lane] = elapsed[lane] + TIMES[s] * step[lane];
            for (int v = 0; v < VARIABLES; v++)
                for (int lane = 0; lane < LANES; lane++) {
                    double sum = values[v][lane];
                    for (int j = 0; j < s; j++) sum += ALPHA[s][j] * stages[j][v][lane];
                    inner[v][lane] = sum;
                }
            inputs_at(run, first, moment, inner, drive, inflow, NULL);
            slopes(of_slopes, slope[0]);
            Row inverse;
            for (int lane = 0; lane < LANES; lane++) inverse[lane] = 1.0 / step[lane];
            for (int v = 0; v < VARIABLES; v++)
                for (int lane = 0; lane < LANES; lane++) {
                    double sum = 0.0;
                    for (int j = 0; j < s; j++) sum += MEMORY[s][j] * stages[j][v][lane];
                    right[v][lane] = slope[v][lane] + sum * inverse[lane] + DRIFT[s] * step[lane] * drifts[v][lane];
                }
        }
        eliminate(of_eliminate, middle[0]);
        spread(run->exchange, prepared[VARIABLES + BDNF], middle[BDNF]); /* the inverse pivots come first */
        substitute(of_substitute, stages[s][0]);
    }
    for (int v = 0; v < VARIABLES; v++)
        for (int lane = 0; lane < LANES; lane++) {
            double sum = 0.0, miss = 0.0;
            for (int j = 0; j < STAGES; j++) {
                sum += RESULT[j] * stages[j][v][lane];
                miss += ERROR[j] * stages[j][v][lane];
            }
            proposed[v][lane] = values[v][lane] + sum;
            error[v][lane] = miss;
        }
}

/* Try one step in a block; return whether a lane is unfinished. */
static int attempt(const Run *run, long first)
{
    Row values[VARIABLES], proposed[VARIABLES], error[VARIABLES], elapsed, step, squares = {0};
    int active[LANES], last[LANES], bad[LANES] = {0}, unfinished = 0;
    for (int v = 0; v < VARIABLES; v++)
        for (int lane = 0; lane < LANES; lane++) values[v][lane] = run->values[v * run->lanes + first + lane];
    for (int lane = 0; lane < LANES; lane++) {
        elapsed[lane] = run->elapsed[first + lane];
        double rest = run->length - elapsed[lane];
        active[lane] = elapsed[lane] < run->length;
        last[lane] = run->step[first + lane] >= rest * (1.0 - 1e-6);
        step[lane] = active[lane] ? (last[lane] ? rest : run->step[first + lane]) : 1.0;
    }
    rosenbrock(run, first, values, elapsed, step, proposed, error);
    for (int v = 0; v < VARIABLES; v++) {
        double absolute = run->absolute[v];
        int allowed_negative = run->negative[v];
        for (int lane = 0; lane < LANES; lane++) {
            double size = fabs(values[v][lane]), other = fabs(proposed[v][lane]);
            double ratio = error[v][lane] / (run->relative * (size > other ? size : other) + absolute);
            squares[lane] += ratio * ratio;
            int below = proposed[v][lane] < 0.0 && !allowed_negative;
            int wrong = !isfinite(proposed[v][lane]) | (below & (proposed[v][lane] < -absolute));
            bad[lane] |= wrong;
            proposed[v][lane] = below & !wrong ? 0.0 : proposed[v][lane];
        }
    }
    for (int lane = 0; lane < LANES; lane += 4) {
        double worst = 0.0;
        int refused = 0;
        for (int i = lane; i < lane + 4; i++) {
            double one = sqrt(squares[i] / VARIABLES);
            refused |= bad[i] | !isfinite(one);
            worst = one > worst ? one : worst;
        }
        double factor = 0.9 * pow(fmax(worst, 1e-8), -1.0 / ORDER);
        factor = refused ? 0.25 : factor < 0.2 ? 0.2 : factor > 5.0 ? 5.0 : factor;
        for (int i = lane; i < lane + 4; i++) {
            if (!active[i]) continue;
            int accept = !refused && worst <= 1.0;
            double next = step[i] * factor, before = run->step[first + i];
            if (accept && last[i] && next < before) next = before;
            run->step[first + i] = next;
            int diverged = !accept && next < SMALLEST_STEP;
            if (diverged) run->failed[first + i] = 1;
            if (diverged || (accept && last[i])) run->elapsed[first + i] = run->length;
            else if (accept) run->elapsed[first + i] = elapsed[i] + step[i];
            run->accepted[first + i] += accept;
            run->rejected[first + i] += !accept;
            unfinished |= run->elapsed[first + i] < run->length;
            if (accept)
                for (int v = 0; v < VARIABLES; v++) run->values[v * run->lanes + first + i] = proposed[v][i];
        }
    }
    return unfinished;
}

/* Every lane to the end of the stretch, all blocks step by step together, as one compiled loop over all lanes does;
   returns the number of steps tried in every block. */
long advance(const Run *run)
{
    long steps = 0;
    for (int unfinished = 1; unfinished; steps++) {
        unfinished = 0;
        for (long first = 0; first < run->lanes; first += LANES) unfinished |= attempt(run, first);
    }
    return steps;
}
