/* Shared by all models. Spin must find a named invariant violated (HOLDS), and print the steps of its trail (STEP).
 *
 * Each STEP names the function of the code that it stands for, as `file.py:function`; README.md has the table.
 * Both print only when a trail is replayed.
 */
#define HOLDS(name, condition) if :: (condition) :: else -> printf("VIOLATED "); printf(#name); printf("\n"); assert(false) fi
#define STEP(text) printf(text); printf("\n")
