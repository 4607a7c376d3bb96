// exp of eight floats to about one unit in the last place: 2^n · p(r), after Cephes' expf.
CK_INLINE v8f CK(ck_exp8)(v8f x) {
    const v8f low = CK_SPLAT(-87.33654f), high = CK_SPLAT(88.37626f);
    v8i below = x < low;
    v8i nan = x != x;
    x = (v8f)(((v8i)x & ~(x > high)) | ((v8i)high & (x > high)));
    x = (v8f)(((v8i)x & ~below) | ((v8i)low & below));
    const v8f magic = CK_SPLAT(12582912.0f);
    v8f n = x * CK_SPLAT(1.44269504088896341f) + magic;
    v8i bits = (v8i)n;
    n = n - magic;
    v8f r = x - n * CK_SPLAT(0.693359375f);
    r = r - n * CK_SPLAT(-2.12194440e-4f);
    v8f p = CK_SPLAT(1.9875691500e-4f);
    p = p * r + CK_SPLAT(1.3981999507e-3f);
    p = p * r + CK_SPLAT(8.3334519073e-3f);
    p = p * r + CK_SPLAT(4.1665795894e-2f);
    p = p * r + CK_SPLAT(1.6666665459e-1f);
    p = p * r + CK_SPLAT(5.0000001201e-1f);
    p = p * (r * r) + r + CK_SPLAT(1.0f);
    v8i exponent = ((bits - 0x4b400000) + 127) << 23;
    p = p * (v8f)exponent;
    p = (v8f)((v8i)p & ~below);
    const v8f quiet = CK_SPLAT(__builtin_nanf(""));
    return (v8f)(((v8i)p & ~nan) | ((v8i)quiet & nan));
}
// Any number of floats: the tail goes through a padded vector so that every element is computed alike.
CK_INLINE v8f CK(ck_load_tail)(const float *p, int64_t n, float fill) {
    float t[8] = {fill, fill, fill, fill, fill, fill, fill, fill};
    for (int64_t i = 0; i < n; i++) t[i] = p[i];
    return CK_LOAD(t);
}
CK_INLINE void CK(ck_store_tail)(float *p, int64_t n, v8f v) {
    float t[8];
    CK_STORE(t, v);
    for (int64_t i = 0; i < n; i++) p[i] = t[i];
}
CK_INLINE float CK(ck_sum8)(v8f v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }
CK_INLINE float CK(ck_max8)(v8f v) {
    float m = v[0];
    for (int i = 1; i < 8; i++) m = v[i] > m ? v[i] : m;
    return m;
}
