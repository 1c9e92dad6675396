/* One slow tick of all spines, by hand: what spine_agents.py and biology/spines.py do, with the same random bits.

   `generated.h` lists the parameters of the spine law and the constants of the table. */

#include <math.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__FAST_MATH__)
__attribute__((simd("notinbranch"))) extern float logf(float);
#endif

#include "generated.h" /* struct Law; FREE, NEVER, WIDTH_TICKS, LARGEST_BROOD */

typedef struct {
    long sites, slots, duration;
    const Law *law;
    const uint32_t *fates, *broods; /* keys, (site, 2) */
    const double *set_point, *responsiveness, *turnover, *drift, *handling;
    int32_t *serial, *birth, *death, *born;
    uint8_t *overflow, *transient, *hidden, *injected;
    double *fast, *slow, *cell_transient, *cell_persistent, *proteins;
} Forest;

static inline uint32_t turned(uint32_t word, int by) { return word << by | word >> (32 - by); }

/* threefry2x32, 20 rounds (Salmon et al. 2011), of the counter (0, counter). */
static inline void threefry(uint32_t k0, uint32_t k1, uint32_t counter, uint32_t *first, uint32_t *second)
{
    const uint32_t k2 = k0 ^ k1 ^ 0x1BD11BDA;
    uint32_t x0 = k0, x1 = counter + k1;
#define ROUND(by) x0 += x1, x1 = turned(x1, by) ^ x0
#define ODD ROUND(13), ROUND(15), ROUND(26), ROUND(6)
#define EVEN ROUND(17), ROUND(29), ROUND(16), ROUND(24)
    ODD, x0 += k1, x1 += k2 + 1;
    EVEN, x0 += k2, x1 += k0 + 2;
    ODD, x0 += k0, x1 += k1 + 3;
    EVEN, x0 += k1, x1 += k2 + 4;
    ODD, x0 += k2, x1 += k0 + 5;
    *first = x0, *second = x1;
}

static inline double uniform(uint32_t word) { return ((double)(word >> 9) + 0.5) * 0x1p-23; }

/* The number of 23-bit words whose uniform number is below a probability. */
static inline int32_t threshold(double probability) { return (int32_t)ceil(probability * 0x1p23 - 0.5); }

/* A standard normal number of 16 bits: Giles' single-precision inverse error function (2010). */
static inline float normal(uint32_t half)
{
    static const float inner[] = {2.81022636e-08f, 3.43273939e-07f, -3.5233877e-06f, -4.39150654e-06f, 0.00021858087f,
                                  -0.00125372503f, -0.00417768164f, 0.246640727f, 1.50140941f};
    static const float outer[] = {-0.000200214257f, 0.000100950558f, 0.00134934322f, -0.00367342844f, 0.00573950773f,
                                  -0.0076224613f, 0.00943887047f, 1.00167406f, 2.83297682f};
    float x = ((float)half + 0.5f) * 0x1p-15f - 1.0f, w = -logf((1.0f - x) * (1.0f + x));
    int central = w < 5.0f;
    float z = central ? w - 2.5f : sqrtf(w) - 3.0f, p = central ? inner[0] : outer[0];
    for (int i = 1; i < 9; i++) p = (central ? inner[i] : outer[i]) + p * z;
    return p * x * 1.41421356f;
}

static double above(double value, double threshold) { return value > threshold ? value - threshold : 0.0; }

/* A Poisson number by inversion. */
static int brood(uint32_t word, double mean, uint8_t *excess)
{
    double chance = uniform(word), term = exp(-mean), reached = term;
    int count = 0;
    for (int number = 1; number <= LARGEST_BROOD; number++) {
        count += chance >= reached;
        term = term * mean / number;
        reached += term;
    }
    *excess |= chance >= reached;
    return count;
}

void tick(Forest *f, const double *proteins, const double *set_point, int32_t now)
{
    const Law *p = f->law;
    const long slots = f->slots;
    const double duration = f->duration, turn = WIDTH_TICKS * duration;
    const double maturation = p->persistent_loss * (1.0 - p->transient_share) / p->transient_share;
    const double birth = (p->transient_loss + maturation) * p->transient_share;
    const double fade = exp(-turn / p->fast_time), linger = exp(-turn / p->slow_time);
    const double fast_noise = p->fast_sd * sqrt(1.0 - fade * fade), slow_noise = p->slow_sd * sqrt(1.0 - linger * linger);
    uint32_t events[slots], sizes[slots];
    uint8_t caught[slots];
    const int widths = fmod(now, turn) == 0.0;

    for (long site = 0; site < f->sites; site++) {
        /* What drives the spines of this branch. */
        const double turnover = f->turnover[site], responsiveness = f->responsiveness[site];
        const double rise = above(0.5 * (f->proteins[site] + proteins[site]), 1.0), q = responsiveness * rise;
        const double pulse = q * q * q * q / (q * q * q * q + pow(p->pulse_half, 4));
        const double widening = p->width_proteins * rise + p->width_set_point * set_point[site];
        const double density = f->cell_transient[site] + f->cell_persistent[site];
        const double crowding = fmax(1.0 - p->crowding * above(density, 1.0), 0.0);
        const double more = 1.0 + p->pulse_gain * pulse + p->set_point_gain * responsiveness * set_point[site];
        const double births = turnover * birth * more * crowding;

        /* Probabilities of this tick. */
        const double share = p->transient_share * turnover;
        const double loss = f->drift[site] + p->transient_loss, capture = maturation + p->capture * pulse;
        const double kept_loss = f->drift[site] + maturation * share / (1.0 - share), leaving = loss + capture;
        const double lost = -expm1(-leaving * duration), lost_kept = -expm1(-kept_loss * duration);
        const double jolt = f->injected[site] ? -log1p(-f->handling[site]) : 0.0;
        const double appears = -expm1(-p->appearing * (1.0 + p->appearing_gain * pulse) * duration);
        const double hides = -expm1(-(p->hiding * turnover * duration + jolt));
        const int32_t captured = threshold(lost * capture / leaving), leave = threshold(lost), leave_kept = threshold(lost_kept);
        const int32_t appear = threshold(lost + (1.0 - lost) * appears), hide = threshold(lost + (1.0 - lost) * hides);
        const int32_t appear_kept = threshold(lost_kept + (1.0 - lost_kept) * appears);
        const int32_t hide_kept = threshold(lost_kept + (1.0 - lost_kept) * hides);

        /* Births take the lowest free slots. */
        int32_t *restrict serial = f->serial + site * slots, *restrict death = f->death + site * slots;
        uint8_t *restrict transient = f->transient + site * slots, *restrict hidden = f->hidden + site * slots;
        double *restrict fast = f->fast + site * slots, *restrict slow = f->slow + site * slots;
        uint32_t k0, k1, first, second;
        threefry(f->broods[2 * site], f->broods[2 * site + 1], now, &first, &second);
        const int count = brood(first, births * f->set_point[site] * duration, &f->overflow[site]);
        int placed = 0;
        long newborn[LARGEST_BROOD];
        for (long slot = 0; slot < slots && placed < count; slot++)
            if (serial[slot] == FREE) {
                serial[slot] = f->born[site] + placed;
                newborn[placed++] = slot;
            }
        f->born[site] += count;
        f->overflow[site] |= placed < count;

        /* Loss, capture, hiding; the newborn begin with their own tick. */
        threefry(f->fates[2 * site], f->fates[2 * site + 1], now, &k0, &k1);
        for (long slot = 0; slot < slots; slot++) threefry(k0, k1, serial[slot], &events[slot], &sizes[slot]);
        int32_t any = 0;
#pragma GCC ivdep
        for (long slot = 0; slot < slots; slot++) {
            const int32_t chance = events[slot] >> 9, pool = transient[slot], below = hidden[slot];
            const int32_t living = (serial[slot] != FREE) & (death[slot] == NEVER);
            const int32_t now_caught = living & pool & (chance < captured);
            const int32_t leaves = pool ? leave : leave_kept, seen = pool ? hide : hide_kept;
            const int32_t toggles = below ? (pool ? appear : appear_kept) : seen;
            transient[slot] = pool & ~now_caught;
            hidden[slot] = below ^ ((chance >= leaves) & (chance < toggles));
            death[slot] = living & ~now_caught & (chance < leaves) ? now : death[slot];
            caught[slot] = now_caught;
            any |= now_caught;
        }
        if (any)
            for (long slot = 0; slot < slots; slot++) fast[slot] -= caught[slot] ? p->transient_width : 0.0;
        if (widths)
#pragma GCC ivdep
            for (long slot = 0; slot < slots; slot++) {
                fast[slot] = widening + (fast[slot] - widening) * fade + fast_noise * normal(sizes[slot] >> 16);
                slow[slot] = slow[slot] * linger + slow_noise * normal(sizes[slot] & 0xFFFF);
            }
        for (int i = 0; i < placed; i++) {
            const long slot = newborn[i];
            f->birth[site * slots + slot] = now;
            death[slot] = NEVER;
            transient[slot] = 1;
            hidden[slot] = 0;
            fast[slot] = widening + p->fast_sd * normal(sizes[slot] >> 16);
            slow[slot] = p->slow_sd * normal(sizes[slot] & 0xFFFF);
        }

        /* The mean pools of the whole cell. */
        const double settled = births / leaving, fading = exp(-leaving * duration);
        const double spent = settled * duration + (f->cell_transient[site] - settled) * (1.0 - fading) / leaving;
        f->cell_transient[site] = settled + (f->cell_transient[site] - settled) * fading;
        f->cell_persistent[site] = f->cell_persistent[site] * exp(-kept_loss * duration) + capture * spent;
        f->proteins[site] = proteins[site];
        f->injected[site] = 0;
    }
}
