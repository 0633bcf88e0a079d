// Each worker enrols a student of its own; every second course has been deleted. Who is told so waits for another course.
const students = Array.from({ length: 10 }, (_, worker) => `student ${worker}`);

export default {
  seed: ({ number, id }) => (number % 2 === 0 ? {} : { courses: { _id: id, students: [] } }),
  act: async ({ module, db, id, worker }) => {
    try {
      await module.enrol(String(id), students[worker]);
    } catch (error) {
      if (error.message !== 'no such course') throw error;
      await db.collection('waiting').insertOne({ course: id, student: students[worker] });
    }
  },
  expected: () => students,
  stored: async (db, { id }) => {
    const course = await db.collection('courses').findOne({ _id: id });
    const waiting = await db.collection('waiting').find({ course: id }).toArray();
    return [...(course?.students ?? []), ...waiting.map((one) => one.student)];
  },
};
